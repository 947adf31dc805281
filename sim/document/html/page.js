// SPDX-License-Identifier: Apache-2.0
// The page: contents, theme, copies, paper.

el2sim.page = () => {
  const { make } = el2sim, root = document.documentElement;

  function contents() {
    const nav = document.querySelector(".toc"), heads = [...document.querySelectorAll("article > h1, article h2")];
    if (heads.length < 3) return;
    const many = document.querySelectorAll("article").length > 1, list = make("ul"), links = new Map();
    for (const h of heads) {
      if (h.tagName === "H1" && !many) continue;
      const a = make("a", { href: "#" + h.id }, h.textContent);
      links.set(h, a);
      list.append(make("li", {}, a));
    }
    nav.append(make("p", {}, "Contents"), list);
    nav.hidden = false;
    document.querySelector(".layout").classList.add("with-toc");
    const mark = () => {
      const now = [...links.keys()].filter(h => h.getBoundingClientRect().top < 120).pop();
      for (const [h, a] of links) {
        if (h === now) a.setAttribute("aria-current", "true");
        else a.removeAttribute("aria-current");
      }
    };
    addEventListener("scroll", mark, { passive: true });
    mark();
  }

  /* The system's theme until the reader says otherwise; a page in a file may have no place to remember it. */
  function theme() {
    const dark = matchMedia("(prefers-color-scheme: dark)"), button = make("button", { type: "button", id: "el2sim-theme" });
    const now = () => root.dataset.theme ?? (dark.matches ? "dark" : "light");
    const remember = f => { try { return f(); } catch (e) { return null; } };
    const label = () => {
      button.textContent = now() === "dark" ? "Light" : "Dark";
      button.setAttribute("aria-label", now() === "dark" ? "Light theme" : "Dark theme");
    };
    const before = remember(() => localStorage.getItem("el2sim-theme"));
    if (before === "dark" || before === "light") root.dataset.theme = before;
    button.addEventListener("click", () => {
      root.dataset.theme = now() === "dark" ? "light" : "dark";
      remember(() => localStorage.setItem("el2sim-theme", root.dataset.theme));
      label();
    });
    dark.addEventListener("change", label);
    label();
    document.querySelector(".tools").append(button);
  }

  function copies() {
    for (const div of document.querySelectorAll(".command"))
      div.append(el2sim.copyButton("Copy", () => div.querySelector("code").textContent));
  }

  /* On paper everything is open. */
  function paper() {
    let closed = [];
    addEventListener("beforeprint", () => {
      closed = [...document.querySelectorAll("details.data:not([open])")].filter(d => d.querySelectorAll("tr").length <= 200);
      closed.forEach(d => { d.open = true; });
    });
    addEventListener("afterprint", () => { closed.forEach(d => { d.open = false; }); });
  }

  contents();
  theme();
  copies();
  paper();
};

el2sim.page();
el2sim.charts();
el2sim.tables();

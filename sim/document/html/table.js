// SPDX-License-Identifier: Apache-2.0
// Tables: what their cells say, sorting, filters, copies.
"use strict";

const el2sim = {};

/* An element: make("button", {type: "button"}, "text", child, ...). */
el2sim.make = (tag, attributes, ...children) => {
  const e = document.createElement(tag);
  for (const [k, v] of Object.entries(attributes || {}))
    if (v !== null && v !== undefined) e.setAttribute(k, v);
  e.append(...children);
  return e;
};

/* The value of a cell: a number, a text, or null for what is not known. */
el2sim.value = (cell, numeric) => {
  if (!numeric) return cell.textContent;
  const text = cell.dataset.v ?? cell.textContent.replace(/[,≥≤]/g, "");
  const v = Number(text);
  return text === "" || text === "–" || Number.isNaN(v) ? null : v;
};

/* {columns: [{key, title, unit, numeric}], rows: [{values, texts, tr}]} without the totals. */
el2sim.data = table => {
  if (table.el2simData) return table.el2simData;
  const columns = [...table.tHead.rows[0].cells].map(th => {
    const unit = th.querySelector(".unit");
    return {
      key: th.dataset.key, numeric: th.dataset.type === "number", unit: unit ? unit.textContent : "",
      title: [...th.childNodes].filter(n => n !== unit).map(n => n.textContent).join("").trim(), th,
    };
  });
  const rows = [...table.tBodies[0].rows].map(tr => ({
    tr, texts: [...tr.cells].map(c => c.textContent),
    values: [...tr.cells].map((c, i) => el2sim.value(c, columns[i].numeric)),
  }));
  return table.el2simData = { columns, rows };
};

el2sim.tables = () => {
  const { make } = el2sim;
  const MANY = 8; // rows from which a table has filters

  function sort(table, data, column, descending) {
    const i = data.columns.indexOf(column);
    const order = (a, b) => {
      const x = a.values[i], y = b.values[i];
      if (x === null || y === null) return (x === null) - (y === null);
      const d = column.numeric ? x - y : x.localeCompare(y, "en", { numeric: true });
      return descending ? -d : d;
    };
    for (const c of data.columns) c.th.removeAttribute("aria-sort");
    column.th.setAttribute("aria-sort", descending ? "descending" : "ascending");
    table.tBodies[0].append(...data.rows.map((r, n) => [r, n]).sort((a, b) => order(a[0], b[0]) || a[1] - b[1]).map(r => r[0].tr));
  }

  function sortable(table, data) {
    for (const column of data.columns) {
      const button = make("button", { type: "button", title: "Sort" });
      button.append(make("span", {}, ...column.th.childNodes));
      column.th.append(button);
      button.addEventListener("click", () => {
        const now = column.th.getAttribute("aria-sort");
        // Large numbers are asked for first, names from the beginning.
        sort(table, data, column, now === null ? column.numeric : now === "ascending");
      });
    }
  }

  /* Columns whose few texts make a choice. */
  const choices = data => data.columns.map((c, i) => {
    const texts = [...new Set(data.rows.map(r => r.texts[i]))];
    return { column: c, i, texts };
  }).filter(c => !c.column.numeric && c.texts.length > 1 && c.texts.length <= 40 && c.texts.length * 1.5 <= data.rows.length).slice(0, 5);

  function filters(table, data, bar) {
    const count = make("span", { class: "count", role: "status" });
    const search = make("input", { type: "search", "aria-label": "Filter rows", placeholder: "Filter rows" });
    const selects = choices(data).map(c => {
      const select = make("select", {}, make("option", { value: "" }, "all"),
        ...c.texts.map(t => make("option", { value: "=" + t }, t === "" ? "(empty)" : t)));
      bar.append(make("label", {}, c.column.title, select));
      return { select, i: c.i };
    });
    const apply = () => {
      const words = search.value.toLowerCase().split(/\s+/).filter(w => w !== "");
      let n = 0;
      for (const r of data.rows) {
        const line = r.texts.join(" ").toLowerCase();
        const on = words.every(w => line.includes(w)) && selects.every(s => s.select.value === "" || "=" + r.texts[s.i] === s.select.value);
        r.tr.hidden = !on;
        n += on;
      }
      for (const body of [...table.tBodies].slice(1)) body.hidden = n !== data.rows.length; // a total of what is not shown
      count.textContent = n === data.rows.length ? `${n} rows` : `${n} of ${data.rows.length} rows`;
    };
    bar.prepend(search);
    search.addEventListener("input", apply);
    selects.forEach(s => s.select.addEventListener("change", apply));
    bar.append(count);
    apply();
  }

  const shown = table => [table.tHead.rows[0], ...[...table.tBodies].filter(b => !b.hidden).flatMap(b => [...b.rows]).filter(r => !r.hidden)];
  const plain = c => (c.dataset.bound ?? "") + (c.dataset.v ?? (c.classList.contains("n") ? c.textContent.replace(/[,≥≤]/g, "") : c.textContent));
  const csv = table => shown(table).map((r, n) => [...r.cells].map(c => n === 0 ? c.dataset.key : plain(c).replace(/^–$/, ""))
    .map(t => /[",\n]/.test(t) ? `"${t.replace(/"/g, '""')}"` : t).join(",")).join("\n") + "\n";
  const markdown = table => shown(table).map((r, n) => {
    const line = `| ${[...r.cells].map(c => c.textContent.trim().replace(/[\\|<*`]/g, "\\$&")).join(" | ")} |`;
    return n === 0 ? `${line}\n|${[...r.cells].map(c => c.classList.contains("n") ? " ---: |" : " --- |").join("")}` : line;
  }).join("\n") + "\n";

  for (const table of document.querySelectorAll(".data table")) {
    const data = el2sim.data(table);
    if (data.rows.length < 2) continue;
    const bar = make("div", { class: data.rows.length >= MANY ? "bar" : "bar few" });
    if (data.rows.length >= MANY) filters(table, data, bar);
    bar.append(el2sim.copyButton("Copy Markdown", () => markdown(table)), el2sim.copyButton("Copy CSV", () => csv(table)));
    sortable(table, data);
    table.closest(".scroll").before(bar);
  }
};

/* A page opened from a file may not have the clipboard's API: then the old way. */
el2sim.copyButton = (label, text) => {
  const button = el2sim.make("button", { type: "button" }, label);
  const done = ok => {
    button.textContent = ok ? "Copied" : "Not copied";
    setTimeout(() => { button.textContent = label; }, 1500);
  };
  const oldWay = () => {
    const area = el2sim.make("textarea", { class: "quiet" });
    area.value = text();
    document.body.append(area);
    area.select();
    const ok = document.execCommand("copy");
    area.remove();
    button.focus();
    done(ok);
  };
  button.addEventListener("click", () => {
    if (navigator.clipboard) navigator.clipboard.writeText(text()).then(() => done(true), oldWay);
    else oldWay();
  });
  return button;
};

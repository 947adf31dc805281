# SPDX-License-Identifier: Apache-2.0
"""The HTML report used as a reader does: real clicks and keys in headless Chromium."""
import json, math, os, re, sys, time

from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select

from pages import COMMANDS, Pages

SIZE_MAX = 1_500_000


def one(p, css):
    return p.driver.find_element(By.CSS_SELECTOR, css)


def every(p, css):
    return p.driver.find_elements(By.CSS_SELECTOR, css)


def click(p, element):
    p.js("arguments[0].scrollIntoView({block: 'center', behavior: 'instant'})", element)
    element.click()


def column(p, table, key):
    """Texts of a column of the rows that are shown, without totals."""
    return p.js("""const t = document.getElementById(arguments[0]);
        const i = [...t.tHead.rows[0].cells].findIndex(c => c.dataset.key === arguments[1]);
        return [...t.tBodies[0].rows].filter(r => !r.hidden).map(r => r.cells[i].textContent)""", table, key)


def numbers(texts):
    return [float(t.replace(",", "").split(" ")[0]) for t in texts if t != "–"]  # without its band


def bar_of(p, table):
    return p.js("return document.getElementById(arguments[0]).closest('details').querySelector('.bar')", table)


def figure_of(p, caption):
    return next(f for f in every(p, "figure.chart") if f.find_element(By.TAG_NAME, "figcaption").text == caption)


# --- every page ----------------------------------------------------------------------------------

def every_page_is_small_and_silent(p):
    for name in COMMANDS:
        path = p.path(name)
        assert os.path.getsize(path) < SIZE_MAX, f"{name}: {os.path.getsize(path)} bytes"
        for scheme in "light", "dark":
            p.open(name, scheme)
            found = p.complaints()
            assert found == [], f"{name}: {found}"


def every_chart_is_drawn_and_has_its_table(p):
    for name in COMMANDS:
        p.open(name)
        figures = p.js("""return [...document.querySelectorAll('figure.chart')].map(f => [f.querySelector('figcaption').textContent,
            document.getElementById(f.dataset.table) !== null, f.querySelectorAll('.plot svg :is(.part, .line)').length])""")
        assert figures or name == "explore", name  # it found nothing: no story
        for caption, table, drawn in figures:
            assert table and drawn > 0, f"{name}: {caption}: table {table}, {drawn} shapes"
        for legend in p.js("return [...document.querySelectorAll('.legend')].map(l => [...l.querySelectorAll('button')].map(b => b.textContent))"):
            assert len(legend) == len(set(legend)), f"{name}: a name twice in the legend {legend}"


def no_page_is_wider_than_a_phone(p):
    p.size(360, 740)
    for name in COMMANDS:
        p.open(name)
        wide = p.js("return document.documentElement.scrollWidth")
        assert wide <= 360, f"{name}: {wide} pixels"
    p.size(1280, 900)


def the_answer_and_its_chart_are_on_the_first_screen(p):
    for name in "run", "compare", "workload", "sweep":
        p.open(name)
        bottom = p.js("return document.querySelector('.answer figure .legend').getBoundingClientRect().bottom")
        assert bottom < 900, f"{name}: {bottom}"
        assert one(p, ".answer .lead").text != ""


# --- tables --------------------------------------------------------------------------------------

def a_click_sorts_and_another_turns_it_round(p):
    p.open("run")
    head = one(p, "#registers th[data-key=cycles]")
    for want in "descending", "ascending", "descending":
        click(p, head.find_element(By.TAG_NAME, "button"))
        got = numbers(column(p, "registers", "cycles"))
        assert head.get_attribute("aria-sort") == want
        assert got == sorted(got, reverse=want == "descending") and len(set(got)) > 10
    name = one(p, "#registers th[data-key=register]")
    click(p, name.find_element(By.TAG_NAME, "button"))
    assert name.get_attribute("aria-sort") == "ascending" and head.get_attribute("aria-sort") is None
    assert column(p, "registers", "register")[0] == min(column(p, "registers", "register"))


def unknown_values_and_totals_stay_at_the_end(p):
    p.open("run")
    for _ in range(2):
        click(p, one(p, "#kinds th[data-key=path_cycles] button"))
        texts = column(p, "kinds", "path_cycles")
        assert texts[-1] == "–" and len(numbers(texts)) > 5, texts
    click(p, one(p, "#phases th[data-key=cycles] button"))
    rows = p.js("return [...document.getElementById('phases').rows].map(r => r.cells[0].textContent)")
    assert rows[-1] == "total" and rows[1:4] == ["load", "exit", "enter"], rows


def typing_filters_the_registers(p):
    p.open("run")
    bar = bar_of(p, "registers")
    search, count = bar.find_element(By.CSS_SELECTOR, "input"), bar.find_element(By.CSS_SELECTOR, ".count")
    names = column(p, "registers", "register")
    total, want = len(names), [n for n in names if "TTBR" in n]
    assert count.text == f"{total} rows"
    click(p, search)
    search.send_keys("ttbr")
    assert 1 < len(want) < 5 and column(p, "registers", "register") == want
    assert count.text == f"{len(want)} of {total} rows"
    search.send_keys(Keys.BACKSPACE * 4 + "no such register")
    assert column(p, "registers", "register") == [] and count.text == f"0 of {total} rows"
    search.clear()
    search.send_keys("timer")
    groups = column(p, "registers", "group")
    assert groups and set(groups) == {"timer"}


def a_choice_filters_by_group(p):
    p.open("run")
    select = Select(bar_of(p, "registers").find_element(By.CSS_SELECTOR, "select"))
    select.select_by_visible_text("vgic")
    assert set(column(p, "registers", "group")) == {"vgic"}
    select.select_by_visible_text("all")
    assert len(set(column(p, "registers", "group"))) > 5


def every_choice_shows_the_rows_that_the_result_has(p):
    """Each word of each choice of each table, against the result in JSON: "cheaper" shows what is cheaper, all of it."""
    tried = 0
    for name in COMMANDS:
        if name == "sweep":
            continue  # the result is no JSON
        tables = json.load(open(p.result(name)))["tables"]
        p.open(name)
        found = p.js("""const pick = (s, v) => { s.value = v; s.dispatchEvent(new Event("change")); };
            return [...document.querySelectorAll(".data table")].filter(t => t.id in arguments[0]).flatMap(t =>
                [...t.closest("details").querySelectorAll(".bar select")].map(s => {
                    const title = s.parentElement.childNodes[0].textContent;
                    const shows = [...s.options].slice(1).map(o => { pick(s, o.value);
                        return [o.value.slice(1), [...t.tBodies].filter(b => !b.hidden).flatMap(b => [...b.rows]).filter(r => !r.hidden).length,
                                t.closest("details").querySelector(".count").textContent]; });
                    pick(s, "");
                    return [t.id, [...t.tHead.rows[0].cells].find(c => c.textContent.trim().startsWith(title)).dataset.key, shows];
                }))""", tables)
        for table, key, shows in found:
            rows = tables[table]["rows"]
            for text, shown, count in shows:
                n = sum(("–" if r[key] is None else str(r[key])) == text for r in rows)
                assert shown == n and count == f"{n} of {len(rows)} rows" and n > 0, f"{name}: {table}: {key} {text}: {shown} rows, want {n}"
                tried += 1
    assert tried > 50, tried
    p.open("diff")
    select = Select(next(s for s in bar_of(p, "changes").find_elements(By.TAG_NAME, "select")
                         if "cheaper" in s.text))
    rows = json.load(open(p.result("diff")))["tables"]["changes"]["rows"]
    for word in "cheaper", "dearer":
        select.select_by_visible_text(word)
        shown = column(p, "changes", "meaning")
        assert set(shown) == {word} and len(shown) == sum(r["meaning"] == word for r in rows) > 5, (word, len(shown))


def groups_of_rows_are_no_totals(p):
    p.open("diff")
    assert every(p, "#changes tbody.totals") == []
    weight = p.js("return getComputedStyle(document.querySelector('#changes tbody td')).fontWeight")
    assert weight == "400", weight


def a_total_of_hidden_rows_is_hidden(p):
    p.open("workload")
    search = bar_of(p, "kinds").find_element(By.CSS_SELECTOR, "input")
    totals = one(p, "#kinds tbody.totals")
    assert totals.is_displayed()
    click(p, search)
    search.send_keys("wfi")
    assert not totals.is_displayed()


def a_table_is_copied(p):
    p.open("run")
    for label in "Copy Markdown", "Copy CSV":
        button = next(b for b in bar_of(p, "registers").find_elements(By.TAG_NAME, "button") if b.text == label)
        click(p, button)
        end = time.monotonic() + 5
        while button.text == label and time.monotonic() < end:
            time.sleep(.02)
        assert button.text == "Copied", f"{label}: {button.text}"


# --- charts --------------------------------------------------------------------------------------

def a_click_on_the_legend_hides_a_series(p):
    p.open("run")
    figure = one(p, ".answer figure.chart")
    drawn = lambda: {r.get_attribute("data-series") for r in figure.find_elements(By.CSS_SELECTOR, "rect.part")}
    before = drawn()
    button = next(b for b in figure.find_elements(By.CSS_SELECTOR, ".legend button") if b.text == "load")
    assert "load" in before and button.get_attribute("aria-pressed") == "true"
    click(p, button)
    assert drawn() == before - {"load"} and button.get_attribute("aria-pressed") == "false"
    button.send_keys(Keys.SPACE)
    assert drawn() == before and button.get_attribute("aria-pressed") == "true"


def arrow_keys_read_what_the_table_says(p):
    p.open("compare")
    figure = one(p, ".answer figure.chart")
    plot, readout = figure.find_element(By.CSS_SELECTOR, ".plot"), figure.find_element(By.CSS_SELECTOR, ".readout")
    names = p.js("return [...document.getElementById('per_exit').tHead.rows[0].cells].slice(1).map(c => c.textContent)")
    p.js("arguments[0].focus()", plot)
    for row in range(2):
        plot.send_keys(Keys.ARROW_DOWN)
        cells = p.js("return [...document.getElementById('per_exit').tBodies[0].rows[arguments[0]].cells].map(c => c.dataset.v ?? c.textContent)", row)
        assert readout.text.startswith(cells[0]), readout.text
        for name, value in zip(names, cells[1:]):
            assert f"{name} {round(float(value), 1):g}" in readout.text.replace(",", ""), f"{name} {value}: {readout.text}"
    plot.send_keys(Keys.ESCAPE)
    assert readout.text.startswith("Point at the chart")


def a_bar_is_as_long_as_its_value(p):
    p.open("run")
    figure = figure_of(p, "Modelled cycles by part")
    widths = [float(r.get_attribute("width")) for r in figure.find_elements(By.CSS_SELECTOR, "rect.part")]
    values = numbers(column(p, "cycles", "cycles"))
    assert len(widths) == len(values) > 3
    for w, v in zip(widths, values):
        assert abs(w / max(widths) - v / max(values)) < .002, (w, v)


def a_bar_below_0_goes_the_other_way_with_its_sign(p):
    p.run("diff configs/experiment/linux-4.15-nvhe-n1.ini configs/experiment/linux-6.12-nvhe-n1.ini", "-o", p.path("both signs"))
    p.open("both signs")
    figure = figure_of(p, "What moved")
    table = p.js("return arguments[0].dataset.table", figure)
    values = numbers(column(p, table, "percent"))
    assert min(values) < 0 < max(values), values
    zero = float(figure.find_element(By.CSS_SELECTOR, "line.zero").get_attribute("x1"))
    bars = [(float(b.get_attribute("x")), float(b.get_attribute("width"))) for b in figure.find_elements(By.CSS_SELECTOR, "rect.part")]
    labels = figure.find_elements(By.CSS_SELECTOR, "text.value")
    assert len(bars) == len(labels) == len([v for v in values if v is not None])
    scale = max(w / abs(v) for (_, w), v in zip(bars, values) if v)
    for (x, w), v, label in zip(bars, values, labels):
        assert abs(x + w - zero if v < 0 else x - zero) < .1, (v, x, w, zero)
        assert w <= .5 or abs(w / abs(v) - scale) < .02 * scale, (v, w)
        assert label.text.startswith("+" if v > 0 else ("-", "\u2212") if v < 0 else "0"), (v, label.text)
        assert (label.get_attribute("text-anchor") == "end") == (v < 0)
    for a, b in zip(labels, labels[1:]):
        assert a.rect["y"] + a.rect["height"] <= b.rect["y"] + 1, (a.text, b.text)


def the_reader_chooses_what_is_drawn(p):
    p.open("abi")
    figure = one(p, ".answer figure.chart")
    paths = lambda: [e.get_attribute("d") for e in figure.find_elements(By.CSS_SELECTOR, "path.line")]
    before = paths()
    select = Select(figure.find_element(By.CSS_SELECTOR, "select"))
    assert select.first_selected_option.text == "migrate", "not what the headline speaks of"
    select.select_by_visible_text("restore")
    assert paths() != before and len(paths()) == len(before) > 2
    select.select_by_visible_text("migrate")
    assert paths() == before


def quoted(line):
    return [w.replace("\\\\", "\\") for w in re.findall(r'"((?:[^"\\]|\\.)*)"', line)]


def figures_draw_what_the_page_draws(p):
    for name in COMMANDS:
        p.open(name)
        drawn = {}
        for table, caption, legend, places, bars in p.js("""return [...document.querySelectorAll('figure.chart')].map(f => [f.dataset.table,
                f.querySelector('figcaption').textContent, [...f.querySelectorAll('.legend button')].map(b => b.textContent),
                f.querySelectorAll('.plot text.name').length,
                [...f.querySelectorAll('.plot rect.part')].map(r => [r.dataset.series, Number(r.getAttribute('width'))])])"""):
            drawn[table, caption] = legend, places, bars
        listed = json.loads(p.run("report", p.result(name), "--figure", "list", "--format", "json"))["tables"]["figures"]["rows"]
        assert sorted(caption for _, caption in drawn) == sorted(r["title"] for r in listed), name
        for row in listed:
            (legend, places, bars), = [v for (table, caption), v in drawn.items()
                                       if caption == row["title"] and (row["figure"] + "-").startswith(table + "-")]
            lines = [l for l in p.run("report", p.result(name), "--figure", row["figure"], "--format", "dat").splitlines()
                     if l and not l.startswith("#")]
            series = [n for n in quoted(lines[0])[1:] if not n.endswith((", low", ", high"))]
            assert series == legend or (len(series) == 1 and legend == []), (name, row["figure"], series, legend)
            if row["kind"] == "lines":
                continue
            table = [l.rsplit('" ', 1)[1].split() for l in lines[1:]]
            if row["kind"] == "sequence":
                assert places == len(table) > 0 and bars == [], (name, row["figure"], places)
                continue
            values = {s: sorted(abs(float(r[i])) for r in table if r[i] not in ("?", "0") and len(r) == len(series)) for i, s in enumerate(series)}
            assert places == min(24, sum(row["kind"] == "bars" or any(v not in ("?", "0") for v in r) for r in table)), (name, row["figure"], places)
            if len(table) > 24:
                continue
            longest = max((w for _, w in bars), default=0), max((v[-1] for v in values.values() if v), default=0)
            for s in series:
                widths = sorted(w for of, w in bars if of == s and w > .5)
                for w, v in zip(widths[::-1], values[s][::-1]):
                    assert abs(w / longest[0] - v / longest[1]) < .01, (name, row["figure"], s, w, v)


# --- sweeps --------------------------------------------------------------------------------------

def the_sweep_says_first_when_deferral_pays(p):
    p.open("sweep")
    assert one(p, "h1").text.startswith("When does deferring")
    lead = one(p, ".answer .lead")
    assert re.match(r"deferring pays below 0\.\d\d to \d\.\d\d vcpu_loads per exit: linux-6.12-vhe needs \d+\.\d % fewer", lead.text.lower()), lead.text
    assert lead.rect["y"] + lead.rect["height"] < 400
    svg = one(p, ".answer figure .plot svg")
    assert svg.rect["y"] < 600, svg.rect


def crossovers_are_marked_where_the_table_says(p):
    p.open("sweep")
    figure = one(p, ".answer figure.chart")
    for machine in "neoverse-n1", "armv9-design-point":
        Select(figure.find_element(By.CSS_SELECTOR, "select")).select_by_visible_text(machine)
        marks = p.js("""const t = el2sim.data(document.getElementById('crossover_marks'));
            return t.rows.filter(r => r.texts[0] === arguments[0]).map(r => r.values[1])""", machine)
        at = sorted(float(e.get_attribute("x1")) for e in figure.find_elements(By.CSS_SELECTOR, "line.mark"))
        assert len(marks) == len(at) >= 3, (machine, marks, at)
        # The axis is logarithmic: distances are ratios.
        for a, b, x, y in zip(at, at[1:], sorted(marks), sorted(marks)[1:]):
            assert abs((b - a) / (at[-1] - at[0]) - math.log(y / x) / math.log(max(marks) / min(marks))) < .01


def no_line_joins_two_workloads(p):
    p.open("sweep")
    figure = one(p, ".answer figure.chart")
    machine = figure.find_element(By.CSS_SELECTOR, "select").get_attribute("value")
    rows = p.js("""const d = el2sim.data(document.getElementById('savings')), at = key => d.columns.findIndex(c => c.key === key);
        return d.rows.filter(r => r.texts[at('machine')] === arguments[0])
          .map(r => [r.texts[at('pair')], r.texts[at('line')], r.values[at('loads_per_exit')]])""", machine)
    lines = figure.find_elements(By.CSS_SELECTOR, "path.line")
    assert len({line for _, line, _ in rows}) > 3 and len(lines) == len({pair for pair, _, _ in rows})
    for path in lines:
        of = {(line, loads) for pair, line, loads in rows if pair == path.get_attribute("data-series") and loads > 0}
        d = path.get_attribute("d")
        assert d.count("M") == len({line for line, _ in of}), (path.get_attribute("data-series"), d)
        assert d.count("M") + d.count("L") == len(of)


def curves_cross_where_they_are_marked(p):
    p.open("sweep")
    figure = figure_of(p, "cycles per exit over machine.vcpus")
    select = {s.find_element(By.XPATH, "..").text.split()[0]: Select(s) for s in figure.find_elements(By.CSS_SELECTOR, "select")}
    marks = lambda: len(figure.find_elements(By.CSS_SELECTOR, "line.mark"))
    select["workload"].select_by_visible_text("timer-storm")
    assert marks() > 0
    select["workload"].select_by_visible_text("ipi-storm")
    select["machine"].select_by_visible_text("neoverse-n1")
    assert marks() == 0


# --- themes, paper -------------------------------------------------------------------------------

def ground(p):
    return p.js("return getComputedStyle(document.body).backgroundColor")


def luminance(colour):
    parts = [int(x) / 255 for x in colour[4:-1].split(",")[:3]]
    lin = [c / 12.92 if c <= .03928 else ((c + .055) / 1.055) ** 2.4 for c in parts]
    return .2126 * lin[0] + .7152 * lin[1] + .0722 * lin[2]


def contrast(a, b):
    high, low = sorted((luminance(a), luminance(b)), reverse=True)
    return (high + .05) / (low + .05)


def the_switch_changes_the_theme(p):
    p.open("run")
    light = ground(p)
    button = one(p, "#el2sim-theme")
    click(p, button)
    dark = ground(p)
    assert luminance(light) > .9 and luminance(dark) < .05 and button.text == "Light"
    click(p, button)
    assert ground(p) == light and button.text == "Dark"
    p.js("localStorage.clear()")
    p.open("run", "dark")
    assert ground(p) == dark


def colours_of_series_are_told_from_the_ground(p):
    for scheme in "light", "dark":
        p.open("run", scheme)
        for i in range(8):
            colour = p.js("""const e = document.createElement('i'); e.style.color = `var(--c${arguments[0]})`; document.body.append(e);
                const c = getComputedStyle(e).color; e.remove(); return c""", i)
            assert contrast(colour, ground(p)) >= 3, f"{scheme}: colour {i}: {contrast(colour, ground(p)):.2f}"


def paper_is_light_and_has_no_controls(p):
    p.open("run", "dark")
    p.prefer("dark", "print")
    assert luminance(ground(p)) > .9
    for css in ".top .tools", ".data .bar", ".toc", ".readout":
        assert not one(p, css).is_displayed(), css
    scrolls = p.js("return [...document.querySelectorAll('.scroll')].filter(e => e.scrollHeight > e.clientHeight + 1).length")
    assert scrolls == 0, f"{scrolls} tables are cut"
    pdf = p.cdp("Page.printToPDF", printBackground=True)["data"]
    assert len(pdf) > 20_000
    p.prefer("light")


# --- more than one -------------------------------------------------------------------------------

def several_results_make_one_page(p):
    p.run("report", p.result("run"), p.result("sweep"), "-o", p.path("both"))
    p.open("both")
    assert len(every(p, "article")) == 2 and len(every(p, ".toc a")) > 10
    ids = p.js("return [...document.querySelectorAll('[id]')].map(e => e.id)")
    assert len(ids) == len(set(ids))
    assert all(p.js("return [...document.querySelectorAll('figure.chart')].map(f => f.querySelectorAll('.plot svg *').length > 3)"))
    assert p.complaints() == []


def a_report_of_json_is_the_page_of_the_command(p):
    for name in COMMANDS:
        p.run("report", p.result(name), "-o", p.path("again") + ".json", "--format", "json")
        p.run("report", p.path("again") + ".json", "-o", p.path("again"))
        assert open(p.path("again")).read() == open(p.path(name)).read(), name


def tests():
    """What takes a browser alone and stands in this file is a test, in its order; a helper returns something."""
    return [f for f in globals().values() if callable(f) and getattr(f, "__module__", "") == "__main__"
            and f.__code__.co_varnames[:f.__code__.co_argcount] == ("p",) and f is not ground]


def main():
    failed = 0
    with Pages(sys.argv[1]) as p:
        for name in COMMANDS:
            p.write(name)
        for test in tests():
            try:
                test(p)
            except Exception as e:  # the next test opens its page anew
                failed += 1
                print(f"{test.__name__}: {type(e).__name__}: {str(e).split('Stacktrace')[0].strip()}")
    print(f"{len(tests())} tests in Chromium, {failed} failed")
    sys.exit(failed != 0)


if __name__ == "__main__":
    main()

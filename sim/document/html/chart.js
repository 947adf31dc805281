// SPDX-License-Identifier: Apache-2.0
// Charts from the cells of a table, drawn with d3. What is drawn is in the figure's data-chart; colours come from
// the style sheet, so a change of theme, and paper, need no drawing again.

el2sim.charts = () => {
  const { make } = el2sim;
  const COLOURS = 8, BARS_MAX = 24, TICKS_MAX = 12, SYMBOLS = [d3.symbolCircle, d3.symbolSquare, d3.symbolTriangle, d3.symbolDiamond, d3.symbolCross,
    d3.symbolStar, d3.symbolWye, d3.symbolCircle], DASHES = ["", "7 3", "2 3", "9 3 2 3"];
  // Names that mean the same on every page have one colour there: the phases of the switch, and what a change is.
  const FIXED = JSON.parse(document.body.dataset.colours);
  const fixed = names => names.length > 0 && names.every(n => Object.hasOwn(FIXED, n));
  const colour = i => `var(--c${i % COLOURS})`;
  const dash = i => DASHES[Math.floor(i / COLOURS) % DASHES.length];
  const exact = v => v === null ? "–" : Number.isInteger(v) ? v.toLocaleString("en") :
    v.toLocaleString("en", { maximumFractionDigits: Math.abs(v) < 10 ? 3 : 1 });
  const short = v => Math.abs(v) >= 1e4 ? d3.format(".3~s")(v).replace("G", "B") : exact(v);
  const symbol = i => d3.symbol().type(SYMBOLS[i % SYMBOLS.length]);
  const unique = list => [...new Set(list)];
  const withUnit = column => [column.title, column.unit].filter(t => t !== "").join(", ");

  /* {spec, positions: [{name, x}], series: [{name, index, values}], xTitle, yTitle, numeric, marks} of what is chosen. */
  /* A name of each row, of its column: where rows have one x, one series and one choice, with what tells them apart. */
  function tellApart(data, column, x, by, choose) {
    const rows = data.rows, names = rows.map(r => r.texts[column] || "neither");
    const place = (r, n) => JSON.stringify([r.texts[x], by < 0 ? "" : r.texts[by], names[n], ...choose.map(i => r.texts[i])]);
    const together = () => [...d3.group(rows.map((r, n) => n), n => place(rows[n], n)).values()].filter(g => g.length > 1);
    data.columns.forEach((c, i) => {
      if (c.numeric || i === x || i === by || choose.includes(i)) return;
      if (together().some(g => unique(g.map(n => rows[n].texts[i])).length > 1)) rows.forEach((r, n) => { names[n] += ", " + r.texts[i]; });
    });
    for (const g of together()) g.forEach((n, k) => { if (k > 0) names[n] += ` (${k + 1})`; });
    return new Map(rows.map((r, n) => [r, names[n]]));
  }

  function model(figure, spec, chosen) {
    const data = el2sim.data(document.getElementById(figure.dataset.table));
    const at = key => data.columns.findIndex(c => c.key === key);
    const x = at(spec.x), ys = spec.y.map(at), by = spec.series ? at(spec.series) : -1, split = spec.split ? at(spec.split) : -1;
    const part = r => split < 0 ? "" : r.texts[split];
    const rows = data.rows.filter(r => (spec.choose || []).every((key, i) => r.texts[at(key)] === chosen[i]));
    const unit = unique(ys.map(y => data.columns[y].unit)).join(", ");
    // Two columns may have one title ("cycles", of another heading each): then their keys tell them apart.
    const titles = ys.map(y => data.columns[y].title);
    const nameOf = y => titles.filter(t => t === data.columns[y].title).length > 1 ? data.columns[y].key.replace(/_/g, " ") : data.columns[y].title;
    const m = { spec, xName: data.columns[x].title, xTitle: withUnit(data.columns[x]), xUnit: data.columns[x].unit, marks: [], numeric: false, yTitle: unit, named: spec.transposed || !data.columns[x].numeric };

    if (spec.transposed) {
      m.positions = ys.map(y => ({ name: nameOf(y) }));
      m.series = rows.map((r, index) => ({ name: r.texts[x], index, values: ys.map(y => r.values[y]) }));
      m.xName = m.xTitle = "";
    } else if (by >= 0) {
      const told = spec.kind === "lines" ? null : tellApart(data, x, x, by, (spec.choose || []).map(at));
      const place = r => told === null ? JSON.stringify([r.texts[x], part(r)]) : told.get(r), one = r => r.texts[by] || "neither";
      const names = unique(data.rows.map(one));
      const points = unique(rows.map(place));
      const find = (p, s) => rows.find(r => place(r) === p && one(r) === s);
      m.positions = points.map(p => rows.find(r => place(r) === p))
        .map(r => ({ name: told === null ? r.texts[x] : told.get(r), x: r.values[x], part: part(r) }));
      const column = (name, i) => points.map(p => find(p, name)?.values[i] ?? null);
      m.series = names.map((name, index) => ({ name, index, values: column(name, ys[0]), band: (spec.band || []).map(key => column(name, at(key))) }))
        .filter(s => s.values.some(v => v !== null));
      m.yTitle = withUnit(data.columns[ys[0]]);
    } else {
      m.positions = rows.map(r => ({ name: r.texts[x], x: r.values[x], part: part(r) }));
      m.series = ys.map((y, index) => ({ name: nameOf(y), index, values: rows.map(r => r.values[y]) }));
      if (m.series.length === 1) m.yTitle = [m.series[0].name, unit].filter(t => t !== "" && t !== m.series[0].unit).join(", ");
    }
    if (spec.kind === "lines" && !spec.transposed && data.columns[x].numeric) {
      const order = m.positions.map((p, i) => i).filter(i => m.positions[i].x !== null && (!spec.log_x || m.positions[i].x > 0))
        .sort((a, b) => m.positions[a].x - m.positions[b].x);
      m.numeric = true;
      m.series.forEach(s => {
        s.values = order.map(i => s.values[i]);
        s.band = (s.band || []).map(b => order.map(i => b[i]));
      });
      m.positions = order.map(i => m.positions[i]);
    }
    m.yTitle ||= spec.unit || "";
    if (fixed(m.series.map(s => s.name))) m.series.forEach(s => { s.index = FIXED[s.name]; });
    if (spec.kind === "stack") m.series = m.series.filter(s => s.values.some(v => v !== null && v !== 0));
    if (figure.dataset.marks) m.marks = marks(figure, spec, chosen);
    return m;
  }

  function marks(figure, spec, chosen) {
    const table = document.getElementById(figure.dataset.marks);
    if (!table) return [];
    const data = el2sim.data(table), at = key => data.columns.findIndex(c => c.key === key);
    const x = at(spec.x), label = at("label");
    if (x < 0) return [];
    return data.rows.filter(r => r.values[x] !== null && (spec.choose || []).every((key, i) => at(key) < 0 || r.texts[at(key)] === chosen[i]))
      .map(r => ({ x: r.values[x], label: label < 0 ? "" : r.texts[label] }));
  }

  /* Many bars say nothing: the largest. Many kinds of a whole are read from the largest down. */
  function largest(m, hidden) {
    const sum = i => m.series.reduce((a, s) => a + (hidden.has(s.name) ? 0 : Math.abs(s.values[i] || 0)), 0);
    let keep = m.positions.map((p, i) => i).filter(i => m.spec.kind !== "stack" || sum(i) > 0);
    const left = keep.length - BARS_MAX;
    if (left > 0) keep = [...keep].sort((a, b) => sum(b) - sum(a)).slice(0, BARS_MAX).sort((a, b) => a - b);
    if (m.spec.kind === "stack" && keep.length > 8) keep.sort((a, b) => sum(b) - sum(a) || a - b);
    return { keep, left: Math.max(left, 0) };
  }

  const textWidth = (() => {
    const context = document.createElement("canvas").getContext("2d");
    return (text, bold) => {
      context.font = `${bold ? "500 " : ""}12px ${getComputedStyle(document.body).fontFamily}`;
      return context.measureText(text).width;
    };
  })();
  const cut = (text, width) => {
    if (textWidth(text) <= width) return text;
    while (text.length > 1 && textWidth(text + "…") > width) text = text.slice(0, -1);
    return text + "…";
  };

  /* In up to so many lines, broken between words; what is left over is cut. */
  function inLines(text, width, most) {
    const lines = [];
    let words = text.split(" ");
    while (words.length > 0 && lines.length < most) {
      let n = 1;
      while (n < words.length && textWidth(words.slice(0, n + 1).join(" ")) <= width) n++;
      if (lines.length === most - 1) n = words.length;
      lines.push(cut(words.slice(0, n).join(" "), width));
      words = words.slice(n);
    }
    return lines;
  }

  /* The values themselves, where they are few; of those too near for their labels, the first ones and the last. */
  function ticksAt(values, scale) {
    const kept = [], room = (a, b) => Math.abs(scale(a) - scale(b)) > (textWidth(short(a)) + textWidth(short(b))) / 2 + 8;
    if (values.length < 2 || values.length > TICKS_MAX) return null;
    for (const v of values.slice(0, -1))
      if (room(v, values.at(-1)) && (kept.length === 0 || room(v, kept.at(-1)))) kept.push(v);
    return [...kept, values.at(-1)];
  }

  function axisX(g, scale, height, ticks, log, values) {
    const axis = d3.axisBottom(scale).tickSizeOuter(0), few = ticksAt(values, scale);
    if (few !== null) {
      axis.tickValues(few).tickFormat(short);
    } else if (log) {
      const all = scale.ticks(), few = all.filter(v => /^[125]0*$|^0\.0*[125]$/.test(String(v)));
      axis.tickValues(few.length > ticks ? few.filter(v => /^10*$|^0\.0*1$/.test(String(v))) : few).tickFormat(short);
    } else if (scale.ticks) {
      axis.ticks(ticks).tickFormat(short);
    }
    g.append("g").attr("class", "axis").attr("transform", `translate(0,${height})`).call(axis);
  }

  /* Horizontal bars: names read well, and there is room for many. Returns where the cursor can be. */
  function bars(svg, m, width, hidden) {
    const stack = m.spec.kind === "stack", { keep, left } = largest(m, hidden);
    const series = m.series.filter(s => !hidden.has(s.name));
    const alone = keep.every(i => series.filter(s => s.values[i] !== null).length < 2), byPlace = series.length === 1 && fixed(keep.map(i => m.positions[i].name));
    const each = stack || alone ? 1 : Math.max(series.length, 1);
    const names = keep.map(i => m.positions[i].name);
    const nameWidth = Math.min(Math.max(...names.map(n => textWidth(n)), 30), width * .36);
    const told = new Map(keep.map((i, n) => [i, inLines(names[n], nameWidth, 3)])), tallest = Math.max(...[...told.values()].map(l => l.length), 1);
    const band = Math.max(stack ? 24 : each * 13 + 8, 24, tallest * 14 + 6);
    const total = i => series.reduce((a, s) => a + (s.values[i] || 0), 0);
    const most = Math.max(...keep.map(i => stack ? total(i) : Math.max(0, ...series.map(s => s.values[i] || 0))), 0) || 1;
    const least = stack ? 0 : Math.min(...keep.flatMap(i => series.map(s => s.values[i] || 0)), 0);
    const said = v => (least < 0 && v > 0 ? "+" : "") + short(v);
    const before = least < 0 ? textWidth(said(least), true) + 8 : 0;
    const margin = { left: nameWidth + 10 + before, right: textWidth(said(most), true) + 12, top: 4, bottom: 40 };
    const height = keep.length * band, inner = width - margin.left - margin.right;
    const x = d3.scaleLinear().domain([least, most]).range([0, inner]), y = d3.scaleBand().domain(keep.map(String)).range([0, height]).paddingInner(.22).paddingOuter(.1);
    const g = svg.append("g").attr("transform", `translate(${margin.left},${margin.top})`);

    svg.attr("viewBox", `0 0 ${width} ${height + margin.top + margin.bottom}`);
    const ticks = Math.max(2, Math.floor(inner / 90));
    g.append("g").attr("class", "grid").selectAll("line").data(x.ticks(ticks)).enter().append("line")
      .attr("x1", x).attr("x2", x).attr("y2", height);
    axisX(g, x, height, ticks, false, []);
    g.append("text").attr("x", inner).attr("y", height + 34).attr("text-anchor", "end")
      .text(m.yTitle + (left > 0 ? ` (largest ${BARS_MAX} of ${BARS_MAX + left})` : ""));
    const cursor = g.append("rect").attr("class", "cursor").attr("x", -margin.left).attr("width", width).attr("height", y.step()).attr("visibility", "hidden");
    for (const i of keep) {
      const top = y(String(i));
      let from = 0;
      const name = g.append("text").attr("class", "name").attr("text-anchor", "end");
      told.get(i).forEach((line, n, all) => name.append("tspan").attr("x", -8 - before).attr("dy", ".35em")
        .attr("y", top + y.bandwidth() / 2 + (n - (all.length - 1) / 2) * 14).text(line + (n + 1 < all.length ? " " : "")));
      series.forEach((s, k) => {
        const v = s.values[i];
        if (v === null || v === 0 && stack) return;
        const h = y.bandwidth() / each, line = each === 1 ? 0 : k;
        g.append("rect").attr("class", "part").style("fill", colour(byPlace ? FIXED[m.positions[i].name] : s.index)).attr("data-series", s.name)
          .attr("x", stack ? x(from) : Math.min(x(0), x(v))).attr("width", Math.max(Math.abs(x(v) - x(0)), .5)).attr("y", top + line * h).attr("height", h);
        if (!stack) g.append("text").attr("class", "value").attr("x", x(v) + (v < 0 ? -5 : 5)).attr("y", top + (line + .5) * h).attr("dy", ".35em")
          .attr("text-anchor", v < 0 ? "end" : "start").text(said(v));
        from += v;
      });
      if (stack) g.append("text").attr("class", "value").attr("x", x(total(i)) + 5).attr("y", top + y.bandwidth() / 2).attr("dy", ".35em").text(short(total(i)));
    }
    if (least < 0) g.append("line").attr("class", "zero").attr("x1", x(0)).attr("x2", x(0)).attr("y2", height);
    return {
      places: keep,
      nearest: (px, py) => { const n = Math.floor((py - margin.top) / y.step()); return n >= 0 && n < keep.length ? n : null; },
      show: n => cursor.attr("visibility", n === null ? "hidden" : "visible").attr("y", n === null ? 0 : y(String(keep[n])) - (y.step() - y.bandwidth()) / 2),
    };
  }

  /* Labels of marks stand above the chart, in as many lines as they need. Returns how many. */
  function placeMarks(marks, x, inner) {
    const lines = [];
    for (const k of [...marks].sort((a, b) => b.x - a.x)) {
      k.at = x(k.x);
      k.left = k.at > inner / 2;
      k.shown = cut(k.label, Math.max(k.left ? k.at : inner - k.at, 60));
      const width = textWidth(k.shown) + 12;
      const from = k.left ? k.at - width : k.at, to = k.left ? k.at + 2 : Math.min(k.at + width, inner);
      k.level = lines.findIndex(l => l.every(s => to <= s[0] || from >= s[1]));
      if (k.level < 0) k.level = lines.push([]) - 1;
      lines[k.level].push([from, to]);
    }
    return lines.length;
  }

  function lines(svg, m, width, hidden) {
    const height = Math.max(220, Math.min(380, width * .45)), series = m.series.filter(s => !hidden.has(s.name));
    const values = series.flatMap(s => [s.values, ...(s.band || [])]).flat().filter(v => v !== null && (!m.spec.log_y || v > 0));
    const low = Math.min(...values), high = Math.max(...values);
    // A difference of a few percent is not to be seen from 0: then the axis does not begin there, and says so.
    const fromZero = !m.spec.log_y && (low < 0 || low < high * .6 || values.length === 0);
    const y = (m.spec.log_y ? d3.scaleLog() : d3.scaleLinear())
      .domain(values.length === 0 ? [0, 1] : m.spec.log_y ? [low, high === low ? low * 10 : high] : [fromZero ? Math.min(0, low) : low, high === low ? low + 1 : high])
      .range([height, 0]).nice();
    const yTicks = m.spec.log_y ? y.ticks().filter(v => /^10*$|^0\.0*1$/.test(String(v))) : y.ticks(6);
    const margin = { left: Math.max(...yTicks.map(t => textWidth(short(t))), 20) + 14, right: 16, top: 22, bottom: 44 };
    const inner = width - margin.left - margin.right;
    const xs = m.positions.map(p => p.x), span = m.numeric ? [Math.min(...xs, ...m.marks.map(k => k.x)), Math.max(...xs, ...m.marks.map(k => k.x))] : [];
    const x = !m.numeric ? d3.scalePoint().domain(m.positions.map((p, i) => String(i))).range([0, inner]).padding(.3) :
      (m.spec.log_x ? d3.scaleLog() : d3.scaleLinear()).domain(span[0] === span[1] ? [span[0] * .9, span[0] * 1.1 || 1] : span).range([0, inner]);
    const levels = placeMarks(m.marks, x, inner);
    margin.top += levels * 15;
    const px = i => m.numeric ? x(m.positions[i].x) : x(String(i));
    const g = svg.append("g").attr("transform", `translate(${margin.left},${margin.top})`);

    svg.attr("viewBox", `0 0 ${width} ${height + margin.top + margin.bottom}`);
    g.append("g").attr("class", "grid").selectAll("line").data(yTicks).enter().append("line").attr("x2", inner).attr("y1", y).attr("y2", y);
    g.append("g").attr("class", "axis").call(d3.axisLeft(y).tickValues(yTicks).tickFormat(short).tickSizeOuter(0));
    if (low < 0 && high > 0) g.append("line").attr("class", "zero").attr("x2", inner).attr("y1", y(0)).attr("y2", y(0));
    g.append("text").attr("x", -margin.left).attr("y", -margin.top + 12).text(m.yTitle + (fromZero || m.spec.log_y ? "" : " (axis does not begin at 0)"));
    if (m.numeric) {
      axisX(g, x, height, Math.max(2, Math.floor(inner / 80)), m.spec.log_x, unique(xs));
    } else {
      const axis = g.append("g").attr("class", "axis").attr("transform", `translate(0,${height})`);
      axis.call(d3.axisBottom(x).tickFormat(i => cut(m.positions[i].name, x.step() - 6)).tickSizeOuter(0));
    }
    g.append("text").attr("x", inner).attr("y", height + 36).attr("text-anchor", "end").text(m.xTitle);
    for (const k of m.marks)
      g.append("line").attr("class", "mark").attr("x1", k.at).attr("x2", k.at).attr("y1", -4 - k.level * 15).attr("y2", height);
    for (const k of m.marks)
      g.append("text").attr("class", "mark-label").attr("x", k.at + (k.left ? -5 : 5)).attr("y", -5 - k.level * 15).attr("text-anchor", k.left ? "end" : "start").text(k.shown);
    const ruler = g.append("line").attr("class", "ruler").attr("y2", height).attr("visibility", "hidden");
    // What is not of one part (a workload, say) is not joined.
    const parted = indices => [...d3.group(indices, i => m.positions[i].part).values()];
    for (const s of series.filter(s => s.band?.length === 2)) {
      const [from, to] = s.band, drawn = from.map((v, i) => i).filter(i => from[i] !== null && to[i] !== null && (!m.spec.log_y || from[i] > 0));
      const edge = of => [...of.map(i => [px(i), y(to[i])]), ...of.toReversed().map(i => [px(i), y(from[i])])];
      g.append("path").attr("class", "band").style("fill", colour(s.index)).attr("data-band", s.name)
        .attr("d", parted(drawn).map(of => `M${edge(of).join("L")}Z`).join(""));
    }
    for (const s of series) {
      const drawn = s.values.map((v, i) => i).filter(i => s.values[i] !== null && (!m.spec.log_y || s.values[i] > 0));
      const points = drawn.map(i => [px(i), s.values[i]]);
      g.append("path").attr("class", "line").style("stroke", colour(s.index)).attr("stroke-dasharray", dash(s.index)).attr("data-series", s.name)
        .attr("d", parted(drawn).map(of => d3.line().x(px).y(i => y(s.values[i]))(of)).join(""));
      if (points.length <= 40)
        for (const p of points)
          g.append("path").attr("class", "dot").style("fill", colour(s.index)).attr("transform", `translate(${p[0]},${y(p[1])})`).attr("d", symbol(s.index).size(60)());
    }
    return {
      places: m.positions.map((p, i) => i),
      nearest: at => m.positions.length === 0 ? null : m.positions.map((p, i) => [Math.abs(px(i) + margin.left - at), i]).sort((a, b) => a[0] - b[0])[0][1],
      show: n => ruler.attr("visibility", n === null ? "hidden" : "visible").attr("x1", n === null ? 0 : px(n)).attr("x2", n === null ? 0 : px(n)),
    };
  }

  /* Steps down the page, each in the column of where it happens; a line joins those of one series. */
  function sequence(svg, m, width, hidden) {
    const series = m.series.filter(s => !hidden.has(s.name)), top = 26, step = 34, box = 24;
    const where = i => series.find(s => s.values[i] !== null), lane = i => where(i).values[i];
    const lanes = Math.max(...m.series.flatMap(s => s.values.map(v => v ?? 0)), 0) + 1, wide = width / lanes, height = m.positions.length * step;
    const steps = m.positions.map((p, i) => i).filter(i => where(i)), g = svg.append("g").attr("transform", `translate(0,${top})`);
    const middle = i => (lane(i) + .5) * wide;

    svg.attr("viewBox", `0 0 ${width} ${height + top + 6}`);
    const cursor = g.append("rect").attr("class", "cursor").attr("width", width).attr("height", step).attr("visibility", "hidden");
    for (let l = 0; l < lanes; l++) {
      g.append("text").attr("class", "lane").attr("x", (l + .5) * wide).attr("y", -10).attr("text-anchor", "middle").text(`${m.yTitle} ${l}`);
      g.append("g").attr("class", "grid").append("line").attr("x1", (l + .5) * wide).attr("x2", (l + .5) * wide).attr("y2", height);
    }
    for (const s of series) {
      const own = steps.filter(i => where(i) === s);
      g.append("path").attr("class", "line").style("stroke", colour(s.index)).attr("d", own.length === 0 ? null : `M${own.map(i => [middle(i), (i + .5) * step]).join("L")}`);
    }
    for (const i of steps) {
      const y = i * step + (step - box) / 2, fits = wide - 16;
      g.append("rect").attr("class", "step").style("stroke", colour(where(i).index)).attr("x", middle(i) - fits / 2).attr("width", fits).attr("y", y).attr("height", box).attr("rx", 4);
      g.append("text").attr("class", "name").attr("x", middle(i)).attr("y", y + box / 2).attr("dy", ".35em").attr("text-anchor", "middle").text(cut(m.positions[i].name, fits - 8));
    }
    return {
      places: steps,
      nearest: (px, py) => { const n = steps.indexOf(Math.floor((py - top) / step)); return n < 0 ? null : n; },
      show: n => cursor.attr("visibility", n === null ? "hidden" : "visible").attr("y", n === null ? 0 : steps[n] * step),
    };
  }

  function legend(figure, m, hidden, redraw) {
    const list = make("ul", { class: "legend", "aria-label": "Series" });
    if (m.series.length < 2) return list;
    for (const s of m.series) {
      const button = make("button", { type: "button", "aria-pressed": String(!hidden.has(s.name)) });
      const icon = d3.create("svg").attr("width", 22).attr("height", 14).attr("aria-hidden", "true");
      if (m.spec.kind === "lines") {
        icon.append("path").attr("d", "M0,7H22").style("stroke", colour(s.index)).attr("stroke-width", 2).attr("stroke-dasharray", dash(s.index));
        icon.append("path").attr("d", symbol(s.index).size(60)()).attr("transform", "translate(11,7)").style("fill", colour(s.index));
      } else {
        icon.attr("width", 14).append("rect").attr("width", 14).attr("height", 14).attr("rx", 2).style("fill", colour(s.index));
      }
      button.append(icon.node(), s.name);
      button.addEventListener("click", () => {
        if (!hidden.delete(s.name)) hidden.add(s.name);
        button.setAttribute("aria-pressed", String(!hidden.has(s.name)));
        redraw();
      });
      list.append(make("li", {}, button));
    }
    return list;
  }

  function choosers(figure, spec, chosen, redraw) {
    const bar = make("div", { class: "bar" }), data = el2sim.data(document.getElementById(figure.dataset.table));
    (spec.choose || []).forEach((key, n) => {
      const i = data.columns.findIndex(c => c.key === key), texts = unique(data.rows.map(r => r.texts[i]));
      const select = make("select", {}, ...texts.map(t => make("option", { value: t }, t)));
      chosen[n] = texts.includes((spec.first || [])[n]) ? spec.first[n] : texts[0];
      if (texts.length < 2) return;
      select.value = chosen[n];
      select.addEventListener("change", () => { chosen[n] = select.value; redraw(true); });
      bar.append(make("label", {}, data.columns[i].title, select));
    });
    return bar;
  }

  function chart(figure) {
    const spec = JSON.parse(figure.dataset.chart), caption = figure.querySelector("figcaption").textContent;
    const chosen = [], hidden = new Set(), plot = make("div", { class: "plot", tabindex: "0", role: "group" });
    const readout = make("p", { class: "readout", "aria-live": "polite" });
    const bar = choosers(figure, spec, chosen, draw);
    let list = make("ul"), drawn = null, at = null, m = null, width = 0;

    function read() {
      readout.replaceChildren();
      drawn.show(at);
      if (at === null) {
        readout.textContent = "Point at the chart, or use the arrow keys in it, to read its values.";
        return;
      }
      const i = drawn.places[at];
      const p = m.positions[i], where = (m.named ? [p.name] : [m.xName, p.name, m.xUnit]).filter(t => t !== "").join(" ");
      readout.append(make("b", {}, where + (p.part ? `, ${p.part}` : "")), ": ");
      const shown = m.series.filter(s => !hidden.has(s.name) && s.values[i] !== null);
      const range = s => s.band?.length === 2 && s.band.every(b => b[i] !== null) ? ` (${s.band.map(b => exact(b[i])).join(" to ")})` : "";
      shown.forEach((s, k) => readout.append(make("span", {}, `${s.name} ${spec.kind === "sequence" ? `on ${m.yTitle} ` : ""}`, make("b", {}, exact(s.values[i])), range(s), k + 1 < shown.length ? "," : ""), " "));
    }
    function draw(chosenAnew) {
      width = Math.max(plot.clientWidth, 260);
      if (chosenAnew || m === null) {
        m = model(figure, spec, chosen);
        const fresh = legend(figure, m, hidden, () => draw());
        list.replaceWith(fresh);
        list = fresh;
        at = null;
      }
      const svg = d3.create("svg").attr("role", "img").attr("aria-label", `${caption}. The values are in the table of this section.`);
      if (m.positions.length === 0) svg.attr("viewBox", `0 0 ${width} 40`).append("text").attr("y", 24).text("nothing to draw");
      drawn = m.positions.length === 0 ? { places: [], nearest: () => null, show: () => {} } :
        ({ lines, sequence }[spec.kind] || bars)(svg, m, width, hidden);
      plot.replaceChildren(svg.node());
      if (at !== null && at >= drawn.places.length) at = null;
      read();
    }

    plot.setAttribute("aria-label", `Chart: ${caption}. Arrow keys read its values.`);
    figure.append(bar, list, plot, readout);
    plot.addEventListener("pointermove", event => {
      const box = plot.getBoundingClientRect(), scale = width / box.width;
      at = drawn.nearest((event.clientX - box.left) * scale, (event.clientY - box.top) * scale);
      read();
    });
    plot.addEventListener("pointerleave", () => { at = null; read(); });
    plot.addEventListener("keydown", event => {
      const n = drawn.places.length, step = { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1 }[event.key];
      if (n === 0 || (step === undefined && !["Home", "End", "Escape"].includes(event.key))) return;
      event.preventDefault();
      at = event.key === "Escape" ? null : event.key === "Home" ? 0 : event.key === "End" ? n - 1 :
        at === null ? (step > 0 ? 0 : n - 1) : Math.min(Math.max(at + step, 0), n - 1);
      read();
    });
    draw(true);
    new ResizeObserver(() => { if (Math.max(plot.clientWidth, 260) !== width && plot.clientWidth !== 0) draw(); }).observe(plot);
  }

  for (const figure of document.querySelectorAll("figure.chart"))
    if (document.getElementById(figure.dataset.table)) chart(figure);
    else figure.hidden = true;
};

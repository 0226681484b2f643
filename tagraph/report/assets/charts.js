const MARGIN = { left: 46, right: 12, top: 10, bottom: 34 };

/** Return a figure that draws itself anew for its width; `draw(width)` returns an SVG element. */
function figure(caption, draw, keys = []) {
  const place = el("div", { class: "strip" });
  const legend = keys.length ? el("ul", { class: "key" }, keys.map(([series, name]) => el("li", { class: series }, name))) : null;
  let width = 0;
  new ResizeObserver(([entry]) => {
    const now = Math.round(entry.contentRect.width);
    if (now && now !== width) {
      width = now;
      place.replaceChildren(draw(now));
    }
  }).observe(place);
  return el("figure", {}, el("figcaption", {}, caption), legend, place);
}

function scale(from, to, low, high, logarithmic = false) {
  const map = logarithmic ? Math.log10 : (value) => value;
  const span = map(to) - map(from) || 1;
  return (value) => low + ((map(value) - map(from)) / span) * (high - low);
}

function ticks(from, to, count, logarithmic = false) {
  if (logarithmic) {
    const marks = [];
    for (let power = Math.ceil(Math.log10(from)); 10 ** power <= to; power += 1) marks.push(10 ** power);
    return marks;
  }
  const raw = (to - from) / count || 1;
  const unit = 10 ** Math.floor(Math.log10(raw));
  const steps = [0.2, 0.5, 1, 2, 5, 10].map((f) => f * unit);
  let at = steps.findIndex((s) => s >= raw * 0.999);
  let marks = multiples(steps[at], from, to);
  while (marks.length < 3 && at > 0) marks = multiples(steps[(at -= 1)], from, to); // one alone tells no scale
  return marks;
}

function multiples(step, from, to) {
  const marks = [];
  for (let i = Math.ceil(from / step - 1e-9); i * step <= to * (1 + 1e-9) + 1e-12; i += 1) marks.push(Number((i * step).toPrecision(12)));
  return marks;
}

/** Return an SVG with axes, and the scales to draw on it. */
function plane(width, height, { x, y, label, xLabel, yLabel, shown = (v) => format(v, v % 1 ? 1 : 0) }) {
  const marks = ticks(y.from, y.to, 4, y.log).map((tick) => [tick, (y.shown ?? shown)(tick)]);
  const left = Math.max(MARGIN.left, 14 + 8 * Math.max(...marks.map(([, text]) => text.length)));
  const sx = scale(x.from, x.to, left, width - MARGIN.right, x.log);
  const sy = scale(y.from, y.to, height - MARGIN.bottom, MARGIN.top, y.log);
  const root = svg("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": label });
  for (const [tick, text] of marks) {
    root.append(svg("line", { class: "grid", x1: left, x2: width - MARGIN.right, y1: sy(tick), y2: sy(tick) }));
    root.append(svg("text", { x: left - 6, y: sy(tick) + 4, "text-anchor": "end" }, text));
  }
  for (const tick of ticks(x.from, x.to, Math.max(2, width / 110), x.log)) {
    const isLast = sx(tick) > width - 24; // half of a long label would be cut off
    root.append(svg("text", { x: isLast ? width - 1 : sx(tick), y: height - MARGIN.bottom + 16, "text-anchor": isLast ? "end" : "middle" }, shown(tick)));
  }
  root.append(svg("line", { class: "axis", x1: left, x2: width - MARGIN.right, y1: height - MARGIN.bottom, y2: height - MARGIN.bottom }));
  root.append(svg("text", { x: width - MARGIN.right, y: height - 2, "text-anchor": "end" }, xLabel));
  if (yLabel) root.append(svg("text", { x: 0, y: 2 }, yLabel));
  return { root, sx, sy };
}

const trace = (points) => points.map(([x, y], i) => `${i ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}`).join("");

/** Return a chart of lines, each a list of [x, y], with an optional band of [x, low, high]. */
function lineChart(width, { lines, band = null, ...axes }) {
  const { root, sx, sy } = plane(width, 260, axes);
  if (band) {
    const around = [...band.map(([x, , high]) => [sx(x), sy(high)]), ...band.map(([x, low]) => [sx(x), sy(low)]).reverse()];
    root.append(svg("path", { class: "series-0 area", d: `${trace(around)}Z` }));
  }
  for (const { series, points } of lines) root.append(svg("path", { class: `${series} stroke`, d: trace(points.map(([x, y]) => [sx(x), sy(y)])) }));
  return root;
}

/** Return a histogram of two counts over the same bins, the second in front of the first. */
function histogram(width, { edges, counts, ...axes }) {
  const most = Math.max(...counts[0], 1);
  const { root, sx, sy } = plane(width, 240, { x: { from: edges[0], to: edges.at(-1) }, y: { from: 0, to: most }, ...axes });
  counts.forEach((column, series) => column.forEach((count, i) => {
    if (!count) return;
    const x = sx(edges[i]);
    root.append(svg("rect", { class: `series-${series} fill`, x: x + 0.5, width: Math.max(1, sx(edges[i + 1]) - x - 1), y: sy(count), height: sy(0) - sy(count) }));
  }));
  return root;
}

/** Return strengths with intervals around a cut, one sample a line, the strongest first. */
function intervals(width, rows, open) {
  const step = 24;
  const top = 26;
  const height = top + rows.length * step + 26;
  const reach = rows.map(([, , strength, error]) => [strength - 1.96 * (error ?? 0), strength + 1.96 * (error ?? 0)]);
  const from = Math.min(...reach.map((r) => r[0]));
  const to = Math.max(...reach.map((r) => r[1]));
  const textWidth = Math.min(width * 0.5, 330);
  const sx = scale(from, to, textWidth + 16, width - 12);
  const root = svg("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": "Strengths with 95 % intervals around the cut" });
  const marks = ticks(from, to, Math.max(2, (width - textWidth) / 90));
  const digits = marks.length > 1 ? Math.max(0, -Math.floor(Math.log10(marks[1] - marks[0]) + 1e-9)) : 0;
  for (const tick of marks) {
    root.append(svg("line", { class: "grid", x1: sx(tick), x2: sx(tick), y1: 6, y2: height - 22 }), svg("text", { x: sx(tick), y: height - 6, "text-anchor": "middle" }, format(tick, digits)));
  }
  rows.forEach(([sample, rank, strength, error, chosen], i) => {
    const y = top + i * step;
    const series = chosen ? "series-1" : "series-2";
    if (i && chosen !== rows[i - 1][4]) root.append(svg("line", { class: "axis", x1: 0, x2: width, y1: y - step / 2, y2: y - step / 2, "stroke-dasharray": "4 3" }));
    const label = svg("text", { x: 0, y: y + 4 }, `${rank}  ${title(sample, Math.floor((textWidth - 24) / 6.4))}`);
    root.append(label, svg("path", { class: `${series} stroke`, d: trace([[sx(reach[i][0]), y], [sx(reach[i][1]), y]]) }), svg("circle", { class: `${series} fill`, cx: sx(strength), cy: y, r: 4 }));
  });
  return root;
}

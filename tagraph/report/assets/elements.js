"use strict";

// Elements are made here and nowhere else: text goes in as text, never as markup.

const data = JSON.parse(document.getElementById("data").textContent);
const SVG = "http://www.w3.org/2000/svg";

function append(element, children) {
  for (const child of children.flat(Infinity)) {
    if (child !== null && child !== undefined && child !== "") {
      element.append(child.nodeType ? child : document.createTextNode(String(child)));
    }
  }
  return element;
}

/** Return an HTML element; `on...` properties are listeners, all others attributes. */
function el(name, properties = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (value !== null && value !== undefined) element.setAttribute(key, value);
  }
  return append(element, children);
}

/** Return an SVG element. */
function svg(name, attributes = {}, ...children) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return append(element, children);
}

const format = (value, digits = 0) =>
  value === null || value === undefined
    ? "–"
    : value.toLocaleString("en", { signDisplay: "negative", minimumFractionDigits: digits, maximumFractionDigits: digits });
const signed = (value, digits = 2) =>
  value === null || value === undefined ? "–" : (Number(value.toFixed(digits)) > 0 ? "+" : "") + format(value, digits);
const percent = (value, digits = 0) =>
  value === null || value === undefined ? "–" : `${format(100 * value, digits)} %`;
const plural = (n, one, many = `${one}s`) => `${format(n)} ${n === 1 ? one : many}`;

/** Return a colour for a community, apart from those of its neighbours in number. */
function tone(community) {
  const dark = matchMedia("(prefers-color-scheme: dark)").matches;
  const hue = (community * 137.508 + 200) % 360;
  const light = (dark ? 62 : 44) + 8 * ((Math.floor(community / 8) % 3) - 1);
  return `hsl(${hue.toFixed(0)}, ${dark ? 45 : 48}%, ${light}%)`;
}

function swatch(community) {
  const dot = el("span", { class: "swatch", "aria-hidden": "true" });
  dot.style.setProperty("--tone", tone(community));
  return dot;
}

/** Add a section to the page and to its navigation; return the section. */
function section(id, title, ...children) {
  document.getElementById("sections").append(el("li", {}, el("a", { href: `#${id}` }, title)));
  const made = el("section", { id, "aria-labelledby": `${id}-title` }, el("h2", { id: `${id}-title` }, title), ...children);
  document.getElementById("main").append(made);
  return made;
}

const places = new Map(data.samples.at.map((position, row) => [position, row]));

/** Return what the page knows of a sample, by its position in the pool. */
function sampleAt(position) {
  const row = places.get(position);
  if (row === undefined) return null;
  const fields = Object.entries(data.samples).map(([name, column]) => [name, column[row]]);
  return Object.fromEntries(fields);
}

/** Return the first words of what a sample asks. */
function title(position, width = 120) {
  const sample = sampleAt(position);
  if (!sample) return `sample ${position}`;
  const text = (sample.query ?? sample.id).replace(/\s+/g, " ").trim() || "(empty)";
  return text.length > width ? `${text.slice(0, width - 1)}…` : text;
}

const FOLD = 420;

function folded(who, text, length) {
  if (text === null) return [el("p", { class: "who" }, `${who}: text not kept in this page`)];
  const more = length > text.length ? `\n… (${format(length - text.length)} more characters in the store)` : "";
  const head = el("p", { class: "who" }, who);
  if (text.length + more.length <= FOLD) return [head, el("p", { class: "text", dir: "auto" }, text + more)];
  const rest = el("p", { class: "text", dir: "auto" }, text + more);
  const start = el("p", { class: "text", dir: "auto" }, `${text.slice(0, FOLD - 120)}…`);
  const fold = el("details", { class: "fold" }, el("summary", {}, `all ${format(length)} characters`), rest);
  fold.addEventListener("toggle", () => { start.hidden = fold.open; });
  return [head, start, fold];
}

/** Return a sample as a card: texts, tags, standing. */
function card(position, heading, series = "") {
  const sample = sampleAt(position);
  if (!sample) return el("article", { class: "sample" }, el("h4", {}, `sample ${position}`));
  const standing = sample.strength === null ? "never compared" : `strength ${signed(sample.strength)} ± ${format(sample.error, 2)}`;
  return el(
    "article",
    { class: `sample ${series}` },
    el("h4", {}, [heading, sample.selected ? "selected" : "not selected", standing].filter(Boolean).join(" · ")),
    folded("asks", sample.query, sample.query_length),
    folded("answers", sample.response, sample.response_length),
    sample.tags.length ? el("p", { class: "tags" }, `tags: ${sample.tags.join(", ")}`) : null,
    el("p", { class: "tags" }, `id ${sample.id}`),
  );
}

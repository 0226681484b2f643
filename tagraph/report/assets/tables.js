const PAGE = 25;

/**
 * Return a table that can be sorted and filtered.
 *
 * A column is { name, value(row), show(row), number, digits }: `value` sorts and filters, `show`
 * is what stands in the cell unless it is the value itself.
 */
function table({ caption, columns, rows, filter = rows.length > 8, page = PAGE, mark = () => false, order = null }) {
  const state = { shown: page, words: "", by: order?.by ?? -1, down: order?.down ?? true };
  const body = el("tbody");
  const status = el("p", { class: "status", role: "status" });
  const more = el("button", { type: "button", onclick: () => { state.shown += 4 * page; draw(); } }, "Show more");
  const texts = rows.map((row) => columns.map((column) => String(column.value(row) ?? "")).join("\u0001").toLowerCase());

  function chosen() {
    const found = rows.map((_, i) => i).filter((i) => !state.words || texts[i].includes(state.words));
    if (state.by < 0) return found;
    const key = columns[state.by].value;
    const way = state.down ? -1 : 1;
    return found.sort((a, b) => way * compare(key(rows[a]), key(rows[b])) || a - b);
  }

  function draw() {
    const found = chosen();
    const lines = found.slice(0, state.shown).map((i) => line(rows[i], columns, mark(rows[i])));
    body.replaceChildren(...lines);
    status.textContent = `${format(Math.min(state.shown, found.length))} of ${plural(found.length, "row")}` + (found.length < rows.length ? `, ${format(rows.length)} without the filter` : "");
    more.hidden = found.length <= state.shown;
    heads.forEach((head, i) => head.setAttribute("aria-sort", i !== state.by ? "none" : state.down ? "descending" : "ascending"));
  }

  function sortBy(i) {
    state.down = state.by === i ? !state.down : Boolean(columns[i].number);
    state.by = i;
    draw();
  }

  const heads = columns.map((column, i) =>
    el("th", { scope: "col", class: column.number ? "number" : "" }, el("button", { type: "button", onclick: () => sortBy(i) }, column.name)),
  );
  const input = el("input", { type: "search", autocomplete: "off", oninput: () => { state.words = input.value.trim().toLowerCase(); state.shown = page; draw(); } });
  const bar = el("div", { class: "bar" }, filter ? el("label", {}, `Filter ${caption.toLowerCase()}`, input) : null, filter ? status : null);
  draw();
  const grid = el("table", {}, el("caption", {}, caption), el("thead", {}, el("tr", {}, heads)), body);
  return el("div", { class: "table" }, bar, el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": caption }, grid), more);
}

function compare(a, b) {
  if (a === b) return 0;
  if (a === null || a === undefined) return -1;
  if (b === null || b === undefined) return 1;
  return typeof a === "number" ? a - b : a < b ? -1 : 1;
}

function line(row, columns, marked) {
  const cells = columns.map((column) => {
    const value = column.value(row);
    const shown = column.show ? column.show(row) : column.number ? format(value, column.digits ?? 0) : value;
    return el("td", { class: column.number ? "number" : column.wide ? "text" : "", dir: column.number ? null : "auto" }, shown);
  });
  return el("tr", { class: marked ? "selected" : null }, cells);
}

/** Return label and value rows as bars with their numbers. */
function bars(rows, series = "series-1", shown = (value) => format(value)) {
  const most = Math.max(...rows.map((row) => row[1]), 1e-9);
  return el("dl", { class: `bars ${series}` }, rows.map(([label, value]) => {
    const bar = el("div");
    bar.style.width = `${(100 * value) / most}%`;
    return [el("dt", { dir: "auto" }, label), el("dd", { class: "track", "aria-hidden": "true" }, value ? bar : null), el("dd", { class: "value" }, shown(value))];
  }));
}

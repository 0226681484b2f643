const PAIRS = 20;

function showSelection() {
  const { selection } = data;
  const rows = selection.sample.map((_, i) => i);
  const texts = rows.map((i) => [title(selection.sample[i], 400), selection.reason[i], clusterName(selection.cluster[i])].join(" ").toLowerCase());
  const orders = {
    "in the order chosen": (a, b) => a - b,
    "closest calls first": (a, b) => (selection.lead[a] ?? Infinity) - (selection.lead[b] ?? Infinity) || a - b,
    "clearest leads first": (a, b) => (selection.lead[b] ?? -Infinity) - (selection.lead[a] ?? -Infinity) || a - b,
  };
  const state = { shown: PAIRS };
  const list = el("ol", { class: "rivals" });
  const status = el("p", { class: "status", role: "status" });
  const more = el("button", { type: "button", onclick: () => { state.shown += 4 * PAIRS; draw(); } }, "Show more");
  const choice = el("select", { onchange: () => draw() }, Object.keys(orders).map((name) => el("option", { value: name }, name)));
  const input = el("input", { type: "search", autocomplete: "off", oninput: () => { state.shown = PAIRS; draw(); } });

  function draw() {
    const words = input.value.trim().toLowerCase();
    const found = rows.filter((i) => texts[i].includes(words)).sort(orders[choice.value]);
    list.replaceChildren(...found.slice(0, state.shown).map((i) => pair(i)));
    status.textContent = `${format(Math.min(state.shown, found.length))} of ${format(found.length)} selected samples`;
    more.hidden = found.length <= state.shown;
  }

  draw();
  const cut = selection.n > rows.length ? ` Shown are the first ${format(rows.length)} of ${format(selection.n)}.` : "";
  section("selection", "Selected and rejected",
    el("p", {}, `Every selected sample beside its nearest rival: the best one of the same cluster that was left out. After ± stands one standard error of the lead: below two of them the order of the two is open.${cut}`),
    el("div", { class: "table" }, el("div", { class: "bar" }, el("label", {}, "Filter the selected samples", input), el("label", {}, "Order", choice), status), list, more));
}

const clusterName = (cluster) => data.strengths?.clusters[cluster]?.name ?? (cluster < 0 ? "no cluster" : `cluster ${cluster}`);

function pair(i) {
  const { selection } = data;
  const [won, tied, lost] = selection.met[i];
  const lead = selection.lead[i] === null ? "" : `ahead by ${format(selection.lead[i], 2)} ± ${format(selection.lead_error[i], 2)}`;
  const inside = el("div");
  const fold = el("details", {}, el("summary", {},
    el("span", { class: "place" }, format(i + 1)), el("span", { class: "title", dir: "auto" }, title(selection.sample[i])), el("span", { class: "lead-by" }, lead)), inside);
  fold.addEventListener("toggle", () => {
    if (!fold.open || inside.childNodes.length) return;
    const met = won + tied + lost ? ` The two met: ${won} won, ${tied} tied, ${lost} lost.` : " The two never met.";
    const rival = selection.rival[i];
    append(inside, [
      el("p", { class: "note", dir: "auto" }, `${selection.reason[i]}.${rival >= 0 ? met : ""}`),
      el("div", { class: "pair" }, card(selection.sample[i], `rank ${selection.rank[i]} in ${clusterName(selection.cluster[i])}`, "series-1"),
        rival >= 0 ? card(rival, "nearest rival", "series-2") : el("p", {}, "Nobody of this cluster was left out.")),
    ]);
  });
  return el("li", {}, fold);
}

function showCoverage() {
  const { coverage } = data;
  const at = coverage.k.length - 1;
  const columns = (key) => coverage.k.map((k, i) => [k, coverage[key][i]]);
  const top = Math.max(...coverage.high, ...coverage.chosen, 0.01);
  section("coverage", "Coverage",
    ...showAudit(),
    el("p", {}, `How many of the pool's canonical tags stand on a selected sample, beside ${format(coverage.draws)} random selections of the same size. With all ${format(coverage.k[at])} samples: ${percent(coverage.chosen[at], 1)} of the tags, ${percent(coverage.mean[at], 1)} by chance. Tags of a single sample are left out.`),
    figure("Share of canonical tags covered after each selected sample", (width) => lineChart(width, {
      lines: [{ series: "series-0", points: columns("mean") }, { series: "series-1", points: columns("chosen") }],
      band: coverage.k.map((k, i) => [k, coverage.low[i], coverage.high[i]]),
      x: { from: 0, to: coverage.k[at] }, y: { from: 0, to: top, shown: (v) => percent(v, top < 0.04 ? 1 : 0) }, xLabel: "samples selected",
      label: "Coverage of tags by the selection and by random selections" }), [["series-1", "selection"], ["series-0", "random: mean, and 5 to 95 % of draws"]]),
    table({ caption: "Coverage at equal size", filter: false, rows: coverage.rows, columns: [
      { name: "what", value: (r) => r[0], wide: true }, { name: "in the pool", value: (r) => r[1], number: true },
      { name: "selection", value: (r) => r[2], show: (r) => percent(r[2], 1), number: true },
      { name: "random", value: (r) => r[3], show: (r) => percent(r[3], 1), number: true },
      { name: "5 to 95 %", value: (r) => r[4], show: (r) => `${percent(r[4], 1)} – ${percent(r[5], 1)}`, number: true }] }));
}

/** Return the selection beside other ways to choose as many, as the command line tells it. */
function showAudit() {
  const { audit } = data;
  if (!audit) return [];
  const columns = audit.head.map((name, i) => ({ name: name || "measure", value: (r) => r[i], show: (r) => r[i], wide: !i, number: i > 0 }));
  return [
    el("p", {}, "The selection beside other ways to choose as many. Here every tag counts; in the curve below only those of two samples or more."),
    table({ caption: "Beside other ways to choose", filter: false, rows: audit.rows, columns }),
    ...audit.advice.map((line) => el("p", {}, line.split("`").map((part, i) => (i % 2 ? el("code", {}, part) : part)))),
  ];
}

/** Return a sentence that says how much is covered, beside chance. */
function covered() {
  const [, , mine, , low, high] = data.coverage.rows[0];
  return `It covers ${percent(mine, 1)} of the tags that stand on two samples or more (drawn at random: ${percent(low, 1)} to ${percent(high, 1)}).`;
}

function showHead() {
  const { funnel, selection, judge } = data;
  document.title = data.name ? `${data.name} – tagraph report` : "tagraph report";
  document.getElementById("origin").textContent = [data.name, `tagraph ${data.version}`, data.finished_at.slice(0, 16).replace("T", " ")].filter(Boolean).join(" · ");
  const samples = funnel.stages[0].count;
  const told = selection
    ? `${format(selection.n)} of ${plural(samples, "sample")} were chosen by policy ‘${selection.policy}’${judge ? `, after ${plural(data.judge.outcomes.reduce((sum, row) => sum + row[1], 0), "comparison")} by ‘${judge.judge}’` : ""}.`
    : `${plural(samples, "sample")}; nothing was selected yet. What is there so far is shown below.`;
  document.getElementById("summary").textContent = told;
  append(document.getElementById("gist"), [judge?.limits, ...(data.audit?.gist ?? []), data.coverage ? covered() : "", selection ? spent() : ""].filter(Boolean).map((line) => el("p", {}, line)));
  document.getElementById("footer").append(el("p", { class: "note" }, "This page loads nothing and sends nothing. The tag graph is drawn with Cytoscape.js 3.34.4 (MIT); its licence stands at the top of its code in this file."));
}

function showFunnel() {
  const { stages, left, records, n_records: count } = data.funnel;
  const steps = el("ol", { class: "funnel" }, stages.map((step) =>
    el("li", {}, el("strong", {}, format(step.count)), el("div", {}, step.name, el("small", { dir: "auto" }, step.told)))));
  const made = section("funnel", "Funnel", el("p", {}, "What went in, what each step made of it, and what came out."), steps, el("h3", {}, "Set aside on the way"));
  made.append(left.length
    ? table({ caption: "What did not go on", rows: left, filter: false, columns: [
        { name: "what", value: (r) => r.what }, { name: "how many", value: (r) => r.count, number: true }, { name: "why", value: (r) => r.why, wide: true }] })
    : el("p", {}, "Nothing."));
  if (records.length) {
    made.append(table({ caption: `Records and fields set aside${count > records.length ? ` (first ${format(records.length)} of ${format(count)})` : ""}`, rows: records, columns: [
      { name: "file", value: (r) => r[0] }, { name: "line", value: (r) => r[1], number: true }, { name: "field", value: (r) => r[2] },
      { name: "why", value: (r) => r[3], wide: true }, { name: "excerpt", value: (r) => r[4], wide: true }, { name: "record", value: (r) => (r[5] ? "kept" : "left out") }] }));
  }
}

function showVocabulary() {
  const { before, after, merges, n_merges: count, reasons } = data.vocabulary;
  const pair = after ? [["before", before], ["after", after]] : [["before", before]];
  const told = after
    ? `${plural(before.n, "raw tag")} became ${plural(after.n, "canonical tag")}. Used only once: ${format(before.once)} (${percent(before.once / Math.max(1, before.n))}) before, ${format(after.once)} (${percent(after.once / Math.max(1, after.n))}) after.`
    : `${plural(before.n, "raw tag")}; they are not normalized yet.`;
  const most = Math.max(before.n, 10);
  const top = Math.max(...pair.map(([, side]) => side.curve[0]?.[1] ?? 1), 10);
  const curve = figure("Use of each tag by rank, both on logarithmic scales", (width) => lineChart(width, {
    lines: pair.map(([, side], i) => ({ series: `series-${i}`, points: side.curve })),
    x: { from: 1, to: most, log: true }, y: { from: 1, to: top, log: true }, xLabel: "rank of the tag",
    label: "Use of tags by rank before and after normalizing" }), [["series-0", "before"], ["series-1", "after"]].slice(0, pair.length));
  const bins = table({ caption: "Tags by how many samples carry them", filter: false, rows: before.bins.map((row, i) => [...row, after?.bins[i][1]]), columns: [
    { name: "samples", value: (r) => r[0] }, { name: "raw tags", value: (r) => r[1], number: true },
    ...(after ? [{ name: "canonical tags", value: (r) => r[2], number: true }] : [])] });
  const made = section("vocabulary", "Tags", el("p", {}, told), el("div", { class: "columns" }, curve, bins),
    el("div", { class: "columns" }, pair.map(([name, side], i) => el("div", {}, el("h3", {}, `Most used ${name} normalizing`), bars(side.top, `series-${i}`)))));
  if (!after) return;
  made.append(el("h3", {}, "Merges"), el("p", {}, `${plural(count, "raw tag")} became another. Those most worth a look come first: much used, and least alike.`),
    bars(reasons));
  made.append(table({ caption: "Merges", rows: merges, columns: [
    { name: "raw tag", value: (r) => r[0], wide: true }, { name: "canonical tag", value: (r) => r[1], wide: true }, { name: "why", value: (r) => r[2], wide: true },
    { name: "similarity", value: (r) => r[3], number: true, digits: 2 }, { name: "samples", value: (r) => r[4], number: true }] }));
}

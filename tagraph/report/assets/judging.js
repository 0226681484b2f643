const KINDS = { share: (v) => percent(v, 1), count: (v) => format(v), logit: (v) => signed(v, 2), dollars: (v) => `$${format(v, 4)}` };

function showJudge() {
  const { judge } = data;
  const made = section("judge", "Judge",
    el("p", {}, `‘${judge.judge}’ compared the pairs. What is measured here is whether its verdicts can be ranked by, not whether they are true. ${judge.limits}`),
    el("h3", {}, "What it said"), bars(judge.outcomes.map(([outcome, n]) => [outcome.replace("_", " "), n])));
  for (const card of judge.cards) {
    made.append(el("h3", {}, "Judge card"), el("p", { class: "note" }, card.judge.length > 90 ? `${card.judge.slice(0, 89)}…` : card.judge),
      table({ caption: "Judge card", filter: false, rows: card.rows, columns: [
        { name: "measure", value: (r) => r[0] },
        { name: "value", value: (r) => r[1], show: (r) => KINDS[r[5]](r[1]), number: true },
        { name: "95 % interval", value: (r) => r[2], show: (r) => (r[2] === null ? "" : `${KINDS[r[5]](r[2])} to ${KINDS[r[5]](r[3])}`), number: true },
        { name: "of", value: (r) => r[4], show: (r) => (r[4] ? format(r[4]) : ""), number: true },
        { name: "how to read it", value: (r) => r[6], wide: true }] }));
  }
  if (!judge.upsets.length) return;
  made.append(el("h3", {}, "Upsets"),
    table({ caption: "Verdicts most against the strengths", rows: judge.upsets, filter: false, columns: [
      { name: "won", value: (r) => title(r[0]), wide: true }, { name: "lost, though stronger", value: (r) => title(r[1]), wide: true },
      { name: "lead of the loser", value: (r) => r[2], number: true, digits: 2 }] }));
}

/** Return a sentence that says what the run took. */
function spent() {
  const { rows, steps } = data.costs;
  const dollars = rows.map((r) => r[7]);
  const paid = dollars.some((d) => d === null) ? null : dollars.reduce((sum, d) => sum + d, 0);
  const seconds = steps.reduce((sum, step) => sum + step.seconds, 0);
  const time = seconds < 120 ? `${format(seconds, 0)} seconds` : `${format(seconds / 60, 0)} minutes`;
  const money = paid === null ? "the price of some answers is not known" : paid ? `$${format(paid, paid < 1 ? 4 : 2)} for paid answers` : "no paid answers";
  return `It took ${time} in ${plural(steps.length, "step")}; ${money}.`;
}

function showCosts() {
  const { rows, steps, sources } = data.costs;
  const made = section("cost", "Cost", el("p", {}, spent()));
  if (rows.length) {
    made.append(table({ caption: "Answers", filter: false, rows, columns: [
      { name: "step", value: (r) => r[0] }, { name: "model", value: (r) => r[1], show: (r) => (r[1].length > 40 ? `${r[1].slice(0, 39)}…` : r[1]), wide: true }, { name: "day", value: (r) => r[2], show: (r) => r[2] ?? "–" },
      ...["answers", "failed", "tokens in", "tokens out"].map((name, i) => ({ name, value: (r) => r[3 + i], number: true })),
      { name: "dollars", value: (r) => r[7], show: (r) => (r[7] === null ? "not known" : format(r[7], 4)), number: true }] }));
  }
  made.append(table({ caption: "Steps", filter: false, rows: steps, columns: [
    { name: "step", value: (r) => r.step }, { name: "seconds", value: (r) => r.seconds, number: true, digits: 1 },
    { name: "finished", value: (r) => r.finished_at, show: (r) => el("time", {}, r.finished_at.slice(0, 19).replace("T", " ")) }, { name: "tagraph", value: (r) => r.version },
    { name: "options", value: (r) => r.step, show: (r) => el("details", { class: "fold" }, el("summary", {}, "options and summary"), el("pre", {}, JSON.stringify({ options: r.options, summary: r.summary }, null, 1))) }] }),
  table({ caption: "Sources", filter: false, rows: sources, columns: [
    { name: "file", value: (r) => r[0], wide: true }, { name: "form", value: (r) => r[1] }, { name: "records", value: (r) => r[2], number: true }, { name: "sha256", value: (r) => r[3], wide: true }] }));
}

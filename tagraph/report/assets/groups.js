function showCommunities(map) {
  const { communities } = data;
  const rows = communities.name.map((_, i) => i);
  const open = (i) => {
    map.showCommunity(i);
    document.getElementById("graph").scrollIntoView();
  };
  const name = (i) => el("button", { type: "button", class: "link community", onclick: () => open(i) }, swatch(i), communities.name[i]);
  const sizes = communities.n_tags.toSorted((a, b) => b - a);
  section("communities", "Communities",
    el("p", {}, `Leiden found ${plural(rows.length, "community", "communities")} of ${format(sizes.at(-1))} to ${format(sizes[0])} tags at resolution ${format(communities.resolution, 2)}. Stability tells how surely the tags of a community stay together when it is found again with other seeds: 1 is always, below 0.5 the name should not be trusted. A click shows the community in the graph.`),
    table({ caption: "Communities", rows, columns: [
      { name: "community", value: (i) => communities.name[i], show: name, wide: true },
      { name: "tags", value: (i) => communities.n_tags[i], number: true },
      { name: "samples", value: (i) => communities.n_samples[i], number: true },
      { name: "selected", value: (i) => communities.n_selected[i], number: true },
      { name: "stability", value: (i) => communities.stability[i], number: true, digits: 2 },
      { name: "part of", value: (i) => communities.upper_names[communities.upper[i]] ?? "", wide: true },
      { name: "most used tags", value: (i) => communities.tags[i].slice(0, 8).join(", "), wide: true },
      { name: "an example", value: (i) => communities.examples[i].map((p) => title(p, 90))[0] ?? "", wide: true },
    ] }));
}

function showStrengths() {
  const { clusters, histogram: counts } = data.strengths;
  const rows = clusters.map((cluster, i) => ({ ...cluster, number: i }));
  const around = el("div", { "aria-live": "polite", id: "cut" });
  const show = (row) => {
    const figures = row.around.length
      ? figure(`Around the cut of ‘${row.name}’: ${format(row.n_selected)} of ${format(row.size)} selected; dots are strengths, lines 95 % intervals`, (width) => intervals(width, row.around), [["series-1", "selected"], ["series-2", "not selected"]])
      : el("p", {}, "No sample of this cluster was compared.");
    around.replaceChildren(figures);
  };
  const open = (row) => el("button", { type: "button", class: "link", onclick: () => { show(row); around.scrollIntoView({ block: "nearest" }); } }, row.name);
  section("strengths", "Strengths",
    el("p", {}, "A strength is how far a sample stands above its own cluster, on the scale of logits: a lead of 1 wins 73 % of comparisons. Strengths of different clusters were never compared. A lead at the cut of 0 is a tie; below 0 a stronger sample was passed over: withheld as a near-duplicate, or by a policy that does not go by strength alone."),
    figure("All samples, and those selected, by strength", (width) => histogram(width, { edges: counts.edges, counts: [counts.pool, counts.selected], xLabel: "strength", label: "Histogram of strengths of the pool and of the selection" }), [["series-0", "pool"], ["series-1", "selected"]]),
    around,
    table({ caption: "Clusters", rows, columns: [
      { name: "cluster", value: (r) => r.name, show: open, wide: true },
      { name: "samples", value: (r) => r.size, number: true }, { name: "selected", value: (r) => r.n_selected, number: true },
      { name: "stability", value: (r) => r.stability, number: true, digits: 2 },
      { name: "middle half", value: (r) => r.spread[1] ?? null, show: (r) => `${signed(r.spread[1], 1)} to ${signed(r.spread[3], 1)}`, number: true },
      { name: "strongest", value: (r) => r.spread[4] ?? null, show: (r) => signed(r.spread[4], 1), number: true },
      { name: "lead at the cut", value: (r) => leadAtCut(r), number: true, digits: 2 },
    ] }));
  const first = rows.find((row) => row.n_selected && row.around.length) ?? rows[0];
  if (first) show(first);
}

/** Return the strength of the last selected sample less that of the first one left out. */
function leadAtCut({ around }) {
  const last = around.filter((place) => place[4]).at(-1);
  const next = around.find((place) => !place[4]);
  return last && next ? Number((last[2] - next[2]).toFixed(2)) : null;
}

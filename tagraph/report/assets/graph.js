const NAMED = 40; // tags whose names stand in the graph at once, if there is room
const WIDE = 0.56; // width of a letter in the size of its font, on average
const LONGEST = 25; // letters of a name before it is cut
const SPREAD = 850;

/** The tag graph: drawn where it was laid out, searched and clicked. */
class TagMap {
  constructor() {
    const { tags } = data;
    this.tags = tags;
    this.rowOf = new Map(tags.tag.map((tag, i) => [tag, i]));
    this.nodeOf = new Map(tags.nodes.map((row, node) => [row, node]));
    this.mergesOf = new Map();
    for (const merge of data.vocabulary.merges ?? []) {
      if (!this.mergesOf.has(merge[1])) this.mergesOf.set(merge[1], []);
      this.mergesOf.get(merge[1]).push(merge);
    }
    this.canvas = el("div", { class: "canvas", "aria-hidden": "true" });
    this.detail = el("div", { "aria-live": "polite", id: "tag-detail" });
    this.found = el("ul", { class: "found", id: "tag-found" });
    this.input = el("input", { type: "search", autocomplete: "off", id: "tag-search", "aria-controls": "tag-found", oninput: () => this.search() });
    this.drawing = null;
  }

  build() {
    const { tags } = this;
    const tool = (name, label, act) => el("button", { type: "button", "aria-label": label, title: label, onclick: act }, name);
    const zoom = (factor) => () => this.draw().zoom({ level: this.draw().zoom() * factor, renderedPosition: { x: this.canvas.clientWidth / 2, y: this.canvas.clientHeight / 2 } });
    const stage = el("div", { class: "stage" }, this.canvas, el("div", { class: "tools" }, tool("+", "Zoom in", zoom(1.4)), tool("−", "Zoom out", zoom(1 / 1.4)), tool("All", "Show the whole graph", () => this.clear())));
    const panel = el("div", { class: "panel" }, el("label", {}, `Search ${plural(tags.tag.length, "tag")}`, this.input), this.found, this.detail);
    const told = `${plural(tags.n, "canonical tag")} joined by ${plural(tags.n_edges, "edge")}: tags that stand on the same samples or mean alike. ` +
      (tags.nodes.length < tags.n ? `Drawn are the ${format(tags.nodes.length)} most used with their strongest edges; ` : "") +
      (tags.tag.length < tags.n ? `the ${format(tags.tag.length)} most used can be searched.` : "all can be searched.");
    section("graph", "Tag graph", el("p", {}, told), el("p", { class: "note" }, "A colour is a community, the size of a dot the use of its tag. Click the graph first to move and zoom it."), el("div", { class: "map" }, stage, panel));
    new IntersectionObserver((entries, observer) => {
      if (entries.some((entry) => entry.isIntersecting)) { observer.disconnect(); this.draw(); }
    }, { rootMargin: "300px" }).observe(this.canvas);
    document.addEventListener("pointerdown", (event) => this.drawing?.userZoomingEnabled(stage.contains(event.target)));
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.drawing?.style(this.look()));
    this.search();
  }

  draw() {
    if (this.drawing) return this.drawing;
    const { tags } = this;
    const size = (row) => 8 + 40 * Math.sqrt(tags.count[row] / Math.max(1, tags.count[tags.nodes[0]]));
    this.drawing = cytoscape({
      container: this.canvas,
      elements: [
        ...tags.nodes.map((row, i) => ({ data: { id: `n${i}`, row, label: tags.tag[row], size: size(row), community: tags.community[row] }, position: { x: SPREAD * tags.places[i][0], y: SPREAD * tags.places[i][1] } })),
        ...tags.edges.map(([a, b], i) => ({ data: { id: `e${i}`, source: `n${a}`, target: `n${b}`, weight: tags.weights[i] } })),
      ],
      style: this.look(),
      layout: { name: "preset", fit: true, padding: 24 },
      minZoom: 0.05, maxZoom: 6, autoungrabify: true, boxSelectionEnabled: false, hideEdgesOnViewport: tags.edges.length > 1500, pixelRatio: "auto",
    });
    this.name();
    this.drawing.userZoomingEnabled(false);
    this.drawing.on("zoom", () => this.resize());
    this.drawing.on("viewport", () => {
      clearTimeout(this.naming);
      this.naming = setTimeout(() => this.name(), 80);
    });
    this.drawing.on("tap", "node", (event) => this.show(event.target.data("row")));
    this.drawing.on("tap", (event) => { if (event.target === this.drawing) this.clear(); });
    return this.drawing;
  }

  /** Name the most used tags in sight, or those of what is highlighted; no name lies on another. */
  name() {
    const graph = this.drawing;
    const near = graph.nodes(".near");
    const most = near.length ? near.length : NAMED * Math.min(1, this.canvas.clientWidth / 700);
    const height = this.nameSize() * this.zoom();
    const boxes = [];
    const named = (near.length ? near.sort((a, b) => b.hasClass("chosen") - a.hasClass("chosen") || a.data("row") - b.data("row")) : graph.nodes()).filter((node) => {
      const { x, y } = node.renderedPosition();
      if (boxes.length >= most || x < 0 || y < 0 || x > this.canvas.clientWidth || y > this.canvas.clientHeight) return false;
      const half = (WIDE * height * Math.min(node.data("label").length, LONGEST)) / 2 + 3;
      const bottom = y - node.renderedHeight() / 2;
      const box = [x - half, x + half, bottom - 1.2 * height, bottom];
      if (boxes.some((one) => one[0] < box[1] && box[0] < one[1] && one[2] < box[3] && box[2] < one[3])) return false;
      boxes.push(box);
      return true;
    });
    graph.batch(() => {
      graph.nodes(".named").difference(named).removeClass("named");
      named.addClass("named");
    });
  }

  nameSize() {
    return Math.min(27 * Math.max(1, 620 / this.canvas.clientWidth), 15 / this.zoom());
  }

  look() {
    const own = getComputedStyle(document.documentElement);
    const colour = (name) => own.getPropertyValue(name).trim();
    // Nearer than life size dots and names stop growing, so that what overlaps comes apart.
    const near = () => Math.min(1, 0.9 / this.zoom());
    const size = (node) => node.data("size") * near();
    return [
      { selector: "node", style: { width: size, height: size, "background-color": (node) => tone(node.data("community")), "border-width": 0, color: colour("--ink"), "text-outline-color": colour("--card"), "text-wrap": "ellipsis", "text-events": "no" } },
      { selector: "edge", style: { "curve-style": "haystack", "line-color": colour("--line"), width: (edge) => (0.6 + 2.2 * edge.data("weight")) * near(), opacity: 0.8 } },
      { selector: ".named", style: { label: "data(label)", "font-size": () => this.nameSize(), "text-max-width": () => 14 * this.nameSize(), "text-outline-width": () => this.nameSize() / 6, "z-index": 8 } },
      { selector: ".faint", style: { opacity: 0.1, "text-opacity": 0 } },
      { selector: ".near", style: { "z-index": 9 } },
      { selector: "edge.near", style: { "line-color": colour("--accent"), opacity: 0.9 } },
      { selector: "node.chosen", style: { "border-width": () => 5 * near(), "border-color": colour("--ink"), "z-index": 10 } },
    ];
  }

  zoom() {
    return this.drawing?.zoom() ?? 0.1;
  }

  /** Size dots and names anew for the zoom, at most once a frame. */
  resize() {
    if (this.isResizing) return;
    this.isResizing = true;
    requestAnimationFrame(() => {
      this.isResizing = false;
      this.drawing.style().update();
    });
  }

  search() {
    const { tags } = this;
    const words = this.input.value.trim().toLowerCase();
    const rows = [];
    for (let row = 0; row < tags.tag.length && rows.length < 40; row += 1) {
      const merged = () => this.mergesOf.get(tags.tag[row])?.some((merge) => merge[0].toLowerCase().includes(words));
      if (!words || tags.tag[row].toLowerCase().includes(words) || merged()) rows.push(row);
    }
    this.found.replaceChildren(...rows.map((row) => el("li", {}, this.link(row), el("span", {}, format(tags.count[row])))));
    if (!rows.length) this.found.append(el("li", {}, "No such tag."));
  }

  link(row) {
    return el("button", { type: "button", class: "link", dir: "auto", onclick: () => this.show(row) }, this.tags.tag[row]);
  }

  /** Show a tag: its merges, neighbours and samples. */
  show(row) {
    const { tags } = this;
    const merges = this.mergesOf.get(tags.tag[row]) ?? [];
    const community = tags.community[row];
    const named = data.communities?.name[community];
    this.detail.replaceChildren(
      el("h3", { dir: "auto" }, tags.tag[row]),
      el("p", {}, `on ${plural(tags.count[row], "sample")}`, named === undefined ? null : [", in ", swatch(community), el("button", { type: "button", class: "link", onclick: () => this.showCommunity(community) }, named)]),
      el("h4", {}, merges.length ? "Merged into it" : "Nothing was merged into it"),
      el("ul", { class: "found" }, merges.map((m) => el("li", {}, el("div", { dir: "auto" }, m[0], el("br"), el("span", {}, m[2])), el("span", {}, format(m[3], 2))))),
      el("h4", {}, "Neighbours"),
      el("ul", { class: "chips" }, tags.neighbours[row].map((near) => el("li", {}, this.link(near)))),
      el("h4", {}, "Samples"),
      ...tags.examples[row].map((position) => el("details", { class: "fold" }, el("summary", { dir: "auto" }, title(position, 90)), card(position, ""))),
    );
    const graph = this.draw();
    this.plain();
    const node = this.nodeOf.get(row);
    if (node === undefined) {
      this.detail.append(el("p", { class: "note" }, "Too rarely used to be drawn."));
      return;
    }
    const chosen = graph.getElementById(`n${node}`);
    chosen.addClass("chosen");
    this.highlight(chosen.closedNeighborhood(), 60);
  }

  /** Show a community: its tags and samples, and where it lies. */
  showCommunity(community) {
    const { communities } = data;
    const rows = communities.tags[community].map((tag) => this.rowOf.get(tag)).filter((row) => row !== undefined);
    this.detail.replaceChildren(
      el("h3", {}, swatch(community), communities.name[community]),
      el("p", {}, `${plural(communities.n_tags[community], "tag")} on ${plural(communities.n_samples[community], "sample")}, ${format(communities.n_selected[community])} selected, stability ${format(communities.stability[community], 2)}`),
      el("h4", {}, "Most used tags"),
      el("ul", { class: "chips" }, rows.map((row) => el("li", {}, this.link(row)))),
      el("h4", {}, "Samples"),
      ...communities.examples[community].map((position) => el("details", { class: "fold" }, el("summary", { dir: "auto" }, title(position, 90)), card(position, ""))),
    );
    const graph = this.draw();
    this.plain();
    const inside = graph.nodes().filter((node) => node.data("community") === community);
    if (!inside.length) return;
    this.highlight(inside.union(inside.edgesWith(inside)), 50);
  }

  highlight(elements, padding) {
    this.drawing.elements().addClass("faint");
    elements.removeClass("faint").addClass("near");
    const duration = matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 250;
    this.drawing.animate({ fit: { eles: elements.nodes(), padding }, duration, complete: () => this.name() });
  }

  plain() {
    this.drawing.elements().removeClass("faint near chosen");
  }

  clear() {
    this.plain();
    this.drawing.fit(undefined, 24);
    this.name();
    this.detail.replaceChildren();
  }
}

// The charts as text: each one's name, a sentence and a table; and what the drawing is called.
window.masthead = window.masthead || {};
masthead.texts = (() => {
  const { arrange, h } = masthead.dom;
  const ROWS = 100;
  const kept = new Map();
  let shown = null;

  const columns = (line, compare) => {
    const { derived, format, shapes } = masthead;
    if (line.derived) {
      return [["texts_value", line.last], ["texts_band_low", line.low], ["texts_band_high", line.high]].map(
        ([key, values]) => [key, (at) => derived.amount(line, values[at])],
      );
    }
    const real = (value) => format.full(line.metric, value * line.scale);
    const half = (at) => (shapes.half(line, at) ? real(shapes.half(line, at)) : "");
    return [
      compare && ["texts_index_of", (at) => masthead.sentences.index(line, at)],
      ["texts_value", (at) => real(line.last[at])],
      !compare && !line.rolled && line.half_width && ["texts_half", half],
      line.rolled && line.min && ["texts_low", (at) => real(line.min[at])],
      line.rolled && line.max && ["texts_high", (at) => real(line.max[at])],
    ].filter(Boolean);
  };

  const row = (line, at, cells, series) => {
    const time = h("th", { scope: "row" }, masthead.format.moment(line.t[at]));
    if (line.last[at] !== null) return h("tr", {}, time, cells.map(([, cell]) => h("td", {}, cell(at))));
    const why = masthead.sentences.reason(line, at, series);
    return h("tr", {}, time, h("td", { colspan: cells.length, class: "why" }, why));
  };

  const table = (line, name, loaded) => {
    const { t } = masthead;
    const { series } = loaded.drawn.find(({ source }) => source === line.source);
    const cells = columns(line, loaded.view.compare);
    const places = line.t.map((_, at) => at).slice(-ROWS).reverse();
    const head = ["texts_time", ...cells.map(([key]) => key)];
    const rest = { shown: places.length, all: masthead.format.number(line.t.length), take: t("take") };
    return h(
      "table",
      {},
      h("caption", {}, line.t.length > ROWS ? `${name}. ${t("texts_rest", rest)}` : name),
      h("thead", {}, h("tr", {}, head.map((key) => h("th", { scope: "col" }, t(key))))),
      h("tbody", {}, places.map((at) => row(line, at, cells, series))),
    );
  };

  // The parts that stand for `id`, made once: an open table and the focus outlive new figures.
  const part = (id, make) => {
    if (!kept.has(id)) kept.set(id, make());
    return kept.get(id);
  };

  const fillTable = (made) => {
    if (!made.more.open) return;
    made.scroll.setAttribute("aria-label", made.summary.textContent);
    made.scroll.replaceChildren(table(made.said.line, made.said.name, made.said.loaded));
  };

  const makeLine = () => {
    const words = h("p");
    const summary = h("summary");
    const scroll = h("div", { class: "scroll", role: "region", tabindex: 0 });
    const more = h("details", {}, summary, scroll);
    const made = { box: h("div", { class: "line" }, words, more), words, summary, scroll, more };
    more.addEventListener("toggle", () => fillTable(made));
    return made;
  };

  const ofLine = (panel, line, loaded) => {
    const { lines, t } = masthead;
    const made = part(`${panel.metric.key} ${line.id}`, makeLine);
    const several = loaded.view.compare || (loaded.drawn.length > 1 && line.derived !== "ratio");
    const own = several ? lines.name(line, loaded) : panel.title;
    const name = several && !loaded.view.compare ? `${panel.title}, ${own}` : own;
    made.said = { line, name, loaded };
    made.words.textContent = masthead.sentences.of(line, name, loaded);
    made.summary.textContent = t(line.derived ? "texts_days" : "texts_table", { name });
    fillTable(made);
    return made.box;
  };

  const makePanel = (key) => () => {
    const head = h("h3", { id: `text-${key}` });
    const body = h("div");
    return { box: h("section", { "aria-labelledby": `text-${key}` }, head, body), head, body };
  };

  const ofPanel = (panel, loaded) => {
    const made = part(panel.metric.key, makePanel(panel.metric.key));
    made.head.textContent = panel.title;
    arrange(made.body, panel.lines.map((line) => ofLine(panel, line, loaded)));
    return made.box;
  };

  const nameCharts = (panels, loaded) => {
    const { format, t } = masthead;
    const box = document.getElementById("chart-box");
    const [from, to] = loaded.span.map(format.moment);
    box.setAttribute("aria-label", t("texts_charts", { names: format.list(panels.map(({ title }) => title)), from, to }));
    box.setAttribute("aria-roledescription", t("texts_chart_role"));
  };

  const fill = () => {
    if (!shown) return;
    const all = part("all", () => {
      const summary = h("summary");
      const body = h("div");
      const box = h("details", { class: "texts" }, summary, body);
      box.addEventListener("toggle", fill);
      return { box, summary, body };
    });
    all.summary.textContent = masthead.t("texts_title");
    arrange(document.getElementById("texts"), [all.box]);
    if (!all.box.open) return;
    arrange(all.body, masthead.lines.of(shown).map((panel) => ofPanel(panel, shown)));
  };

  const render = (loaded) => {
    shown = loaded;
    nameCharts(masthead.lines.of(loaded), loaded);
    fill();
  };

  return { render };
})();

// The newest points as a table: what the charts say, in text.
window.masthead = window.masthead || {};
masthead.table = (() => {
  const { h, put } = masthead.dom;
  const ROWS = 20;

  const render = ({ series }) => {
    const { format } = masthead;
    const metrics = masthead.cards.metrics(Object.keys(series.metrics));
    const read = series.t
      .map((_, index) => index)
      .filter((index) => metrics.some(({ key }) => series.metrics[key].last[index] !== null))
      .slice(-ROWS)
      .reverse();
    const cell = (metric, index) => {
      const value = series.metrics[metric.key].last[index];
      return h("td", {}, value === null ? "not read" : format.full(metric, value));
    };
    const row = (index) =>
      h(
        "tr",
        {},
        h("th", { scope: "row" }, `${format.dayShort(series.t[index])}, ${format.time(series.t[index])}`),
        metrics.map((metric) => cell(metric, index)),
      );
    const head = ["Time (UTC)", ...metrics.map((metric) => metric.label)];
    put(
      "table",
      h(
        "div",
        { class: "scroll", tabindex: 0, role: "group", "aria-label": "Table of the newest figures" },
        h(
          "table",
          {},
          h("caption", {}, `The newest ${read.length} points of the shown span`),
          h("thead", {}, h("tr", {}, head.map((text) => h("th", { scope: "col" }, text)))),
          h("tbody", {}, read.map(row)),
        ),
      ),
    );
  };

  return { render };
})();

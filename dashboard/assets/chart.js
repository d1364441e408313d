// The drawn chart: reads its zoom, fits it, and shows one headline's hour through all panels.
window.masthead = window.masthead || {};
masthead.chart = (() => {
  let drawn = null;
  let marked = null;
  let revision = 0;
  let kept = null;

  const box = () => document.getElementById("chart-box");
  const plot = () => box()?.querySelector(".js-plotly-plot");

  // Plotly gives a date as milliseconds or as "2026-11-23", "2026-11-23 06:00", …, in UTC.
  const ms = (value) =>
    typeof value === "number"
      ? value
      : Date.parse(value.length > 10 ? `${value.replace(" ", "T")}Z` : value);

  // [from, to] as the reader zoomed, null while the whole span is on screen. What was drawn last
  // may not be on screen yet (`meta` says what is): then it is the zoom that was carried over.
  const zoom = () => {
    const { meta, xaxis } = plot()?.layout || {};
    const range = xaxis?.range;
    if (!drawn || !range) return null;
    if (meta !== drawn.key) return kept;
    const seen = range.map(ms);
    const whole = masthead.figure.span(drawn.series);
    return seen.every((edge, index) => Math.abs(edge - whole[index]) < 1000) ? null : seen;
  };

  const figure = (loaded) => {
    const same = drawn && drawn.source === loaded.source && drawn.range === loaded.range;
    kept = same ? zoom() : null;
    if (!kept) revision += 1;
    drawn = loaded;
    marked = null;
    box().setAttribute("aria-label", masthead.figure.sentence(loaded));
    box().dataset.count = Object.keys(loaded.series.metrics).length;
    return masthead.figure.build(loaded, box(), kept, revision);
  };

  // A screen turned on its side needs other margins.
  window.matchMedia("(max-width: 680px)").addEventListener("change", () => {
    if (!drawn || !plot()?.layout) return;
    const { data, layout } = figure(drawn);
    window.Plotly.react(plot(), data, layout);
  });

  // After a zoom: fit each panel to what is in sight.
  const fit = () => {
    if (!drawn || !plot()?.layout?.yaxis) return;
    const shown = zoom() || masthead.figure.span(drawn.series);
    const changes = masthead.figure.fit(drawn.series, shown);
    const moved = Object.entries(changes).some(
      ([name, value]) => name.endsWith(".range") && String(at(plot().layout, name)) !== String(value),
    );
    if (moved) window.Plotly.relayout(plot(), changes);
  };
  const at = (layout, name) => layout[name.split(".")[0]]?.range;

  // [from, to] on screen.
  const span = ({ series }) => zoom() || [series.from, series.to];

  const reset = () =>
    window.Plotly.relayout(plot(), { "xaxis.range": masthead.figure.span(drawn.series) });

  const highlight = (at) => {
    if (at === marked || !plot()?.layout) return;
    marked = at;
    const rest = (plot().layout.shapes || []).filter((shape) => shape.name !== "headline");
    const line = at === null ? [] : [masthead.figure.highlight(at)];
    window.Plotly.relayout(plot(), { shapes: [...rest, ...line] });
  };

  return { figure, fit, span, zoom, reset, highlight };
})();

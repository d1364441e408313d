// What is worked out from the readings and stands beside them: brought once the charts are drawn.
window.masthead = window.masthead || {};
masthead.derived = (() => {
  const { h } = masthead.dom;
  const SLIM = 0.75;

  // How much of a panel's usual height it takes.
  const weight = ({ derived }) => (derived ? SLIM : 1);
  const weights = (panels) => panels.reduce((sum, panel) => sum + weight(panel), 0);
  const mains = (panels) => panels.filter(({ derived }) => !derived);

  // The panels below that of a metric; none where figures are compared or have no unit's axis.
  const below = (metric, loaded) => {
    const { compare, embed, log } = loaded.view;
    if (compare || embed || log) return [];
    return [masthead.daily, masthead.ratio].flatMap((part) => part.panels(metric, loaded));
  };

  // A line's values with null where its answer has none, those of the span alone.
  const within = ([from, to], length, { t, ...parts }) => {
    const inside = t.flatMap((ms, at) => (ms + length > from && ms < to ? [at] : []));
    const cut = (values) => inside.map((at) => values[at] ?? null);
    return { t: cut(t), ...Object.fromEntries(Object.entries(parts).map(([key, one]) => [key, cut(one)])) };
  };

  // "$9.80B", "between $9.10B and $10.50B": an estimate and where it lies.
  const amount = ({ metric }, value) => masthead.format.compact(metric, value);
  const band = (line, at) =>
    masthead.t("between", { low: amount(line, line.low[at]), high: amount(line, line.high[at]) });

  // Below the charts, a small line each: what can't be shown and why, and what is to be known.
  const notes = (loaded) => {
    const { compare, embed, log } = loaded.view;
    const said = compare || embed || log ? [] : [...masthead.daily.notes(loaded), ...masthead.ratio.notes(loaded)];
    document
      .getElementById("derived")
      .replaceChildren(...said.map(({ lead, text }) => h("p", { dir: "auto" }, h("span", {}, lead), " ", h("bdi", {}, text))));
  };

  // Ask for what is not here yet, and draw the charts again when it came.
  const bring = async (loaded) => {
    notes(loaded);
    const came = await Promise.all([masthead.daily.bring(loaded), masthead.ratio.bring(loaded)]);
    if (loaded !== masthead.data.current()) return;
    if (came.some(Boolean)) {
      masthead.chart.redraw();
      for (const part of [masthead.texts, masthead.takeaway]) part.render(loaded);
    }
    masthead.controls.daily(loaded.view);
    notes(loaded);
  };

  return { amount, band, below, bring, mains, weight, weights, within };
})();

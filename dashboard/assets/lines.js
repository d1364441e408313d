// What is drawn: panels of lines, each line one figure of one source, or its index in a comparison.
window.masthead = window.masthead || {};
masthead.lines = (() => {
  const STEPS = ["dapps", "blockchains"];
  const COLOURS = 6;
  const DASHES = ["solid", "dash", "dot", "dashdot", "longdash"];
  const INDEX = { key: "index", unit: "index", priced: false };

  const colours = () => {
    const style = getComputedStyle(document.documentElement);
    return (name) => style.getPropertyValue(`--${name}`).trim();
  };

  const line = (metric, part, place) => {
    const { series } = part;
    return {
      id: `${part.source}.${metric.key}`,
      metric,
      source: part.source,
      label: masthead.format.source(part.info || part),
      colour: `line-${(place % COLOURS) + 1}`,
      step: STEPS.includes(metric.key),
      t: series.t,
      ...series.metrics[metric.key],
      delta: series.deltas[metric.key],
      every: Math.max(series.every_s, series.resolution_s) * 1000,
      rolled: series.rolled,
      scale: 1,
    };
  };

  const every = ({ drawn }) =>
    masthead.cards
      .all()
      .flatMap((metric) =>
        drawn.flatMap((part, place) =>
          part.series.metrics[metric.key] ? [line(metric, part, place)] : [],
        ),
      );

  const panels = (loaded) => {
    const lines = every(loaded);
    const metrics = masthead.cards.all().filter(({ key }) => lines.some((one) => one.metric.key === key));
    const wanted = metrics.filter(({ key }) => key === loaded.view.metric);
    return (wanted.length ? wanted : metrics).map((metric) => ({
      metric,
      title: masthead.format.metric(metric),
      lines: lines.filter((one) => one.metric.key === metric.key),
    }));
  };

  // Every line a share of its first reading in the span, which counts as 100.
  const indexed = (one, place) => {
    const base = one.last.find((value) => value !== null && value > 0);
    const share = (values) => values?.map((value) => (value === null ? null : (100 * value) / base));
    return {
      ...one,
      colour: `line-${(place % COLOURS) + 1}`,
      // Where the colours begin again another dash tells two lines of one colour apart.
      dash: DASHES[Math.floor(place / COLOURS) % DASHES.length],
      last: base ? share(one.last) : one.last.map(() => null),
      min: base && share(one.min),
      max: base && share(one.max),
      half_width: undefined,
      scale: base ? base / 100 : 1,
    };
  };

  // Which lines a comparison offers, and which of them are on.
  const choice = (loaded) => {
    const lines = every(loaded).map(indexed);
    const on = lines.filter(({ id }) => loaded.view.lines.includes(id));
    return { lines, on: on.length ? on : lines };
  };

  const comparison = (loaded) => [
    { metric: INDEX, title: masthead.t("indexed"), lines: choice(loaded).on },
  ];

  const of = (loaded) => (loaded.view.compare ? comparison(loaded) : panels(loaded));

  // A line's name where several share a panel.
  const name = (one, loaded) =>
    [
      loaded.view.compare && masthead.format.metric(one.metric),
      (!loaded.view.compare || loaded.drawn.length > 1) && one.label,
    ]
      .filter(Boolean)
      .join(" · ");

  // A short piece of a line, for what stands for it outside the figure.
  const STROKES = { dash: "5 3", dot: "1.6 2.6", dashdot: "5 2.5 1.6 2.5", longdash: "8 3" };
  const swatch = ({ colour, dash }) =>
    masthead.dom.svg(
      "svg", { viewBox: "0 0 18 10", "aria-hidden": "true", focusable: "false" },
      masthead.dom.svg("path", {
        d: "M0 5H18", style: `stroke: var(--${colour})`, "stroke-dasharray": STROKES[dash] || "none",
      }),
    );

  return { choice, colours, name, of, swatch };
})();

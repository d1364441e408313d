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

  const colour = (place) => `line-${(place % COLOURS) + 1}`;

  const line = (metric, part, place) => {
    const { series } = part;
    return {
      id: `${part.source}.${metric.key}`,
      metric,
      source: part.source,
      label: masthead.format.source(part.info || part),
      colour: colour(place),
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
    return (wanted.length ? wanted : metrics).flatMap((metric) => [
      {
        metric,
        title: masthead.format.metric(metric),
        lines: lines.filter((one) => one.metric.key === metric.key),
      },
      ...masthead.derived.below(metric, loaded),
    ]);
  };

  // How far rounding alone could move each reading from the first: of both, as the readings say it
  // or, where points stand for several, as the change over the span does.
  const allowance = (one, first) => (at) => {
    const { half } = masthead.shapes;
    if (one.half_width) return half(one, first) + half(one, at);
    return one.delta ? one.delta.from.half_width + one.delta.to.half_width : 0;
  };

  // Every line a share of its first reading in the span, which counts as 100.
  const indexed = (one, place) => {
    const base = one.last.find((value) => value !== null && value > 0);
    const share = (values) => values?.map((value) => (value === null ? null : (100 * value) / base));
    return {
      ...one,
      colour: colour(place),
      // Where the colours begin again another dash tells two lines of one colour apart.
      dash: DASHES[Math.floor(place / COLOURS) % DASHES.length],
      last: base ? share(one.last) : one.last.map(() => null),
      min: base && share(one.min),
      max: base && share(one.max),
      half_width: undefined,
      rounding: base ? allowance(one, one.last.indexOf(base)) : () => 0,
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

  return { choice, colour, colours, name, of, swatch };
})();

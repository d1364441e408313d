// The figure as plain data for plotly: aligned panels on one time axis that counts milliseconds.
window.masthead = window.masthead || {};
masthead.figure = (() => {
  const TITLE = 26;
  const FEW = 48;
  const NARROW = 620;

  const upright = (narrow) => ({ t: 4, b: narrow ? 36 : 38 });

  // Room at the sides for the marks and for what the lines end with, as wide as their words are;
  // names are cut where they would take the plot's place.
  const sideways = (panels, axes, loaded, named, narrow) => {
    const { labels } = masthead;
    const marks = Math.max(...axes.flatMap(({ ticktext }) => ticktext).map((one) => labels.width(one)));
    const ends = Math.max(0, ...panels.map((panel) => labels.room(panel, loaded)));
    const most = named ? (narrow ? 112 : 190) : Infinity;
    return {
      l: Math.max(narrow ? 48 : 62, Math.ceil(marks) + 10),
      r: Math.min(most, Math.max(narrow ? 74 : 92, Math.ceil(ends) + 14)),
    };
  };

  // Where each panel stands, as fractions of the plot's height (plotly's domains, from below).
  const domains = (inner, panels) => {
    const { weight, weights } = masthead.derived;
    const unit = inner / weights(panels);
    let above = 0;
    return panels.map((panel) => {
      const top = inner - above - TITLE;
      above += unit * weight(panel);
      return [Math.max(0, (inner - above) / inner), top / inner];
    });
  };

  const axisId = (letter, index) => (index ? `${letter}${index + 1}` : letter);
  const axisKey = (index) => (index ? `yaxis${index + 1}` : "yaxis");

  // Readings that a line would not show: those alone between gaps, all when few, and the newest.
  const marked = (values) => {
    const read = [];
    values.forEach((value, at) => value !== null && read.push(at));
    if (read.length <= FEW) return read;
    return read.filter(
      (at, place) =>
        place === read.length - 1 ||
        ((values[at - 1] ?? null) === null && (values[at + 1] ?? null) === null),
    );
  };

  const filled = (axes, shape, colour) => ({
    ...axes, ...shape, type: "scatter", mode: "none", fill: "toself", fillcolor: colour,
    hoverinfo: "skip",
  });

  const traces = (line, axes, height, look) => {
    const { colour, narrow } = look;
    const stroke = colour(line.colour);
    const at = marked(line.last);
    const envelope = masthead.shapes.envelope(line);
    const rounding = masthead.shapes.rounding(line, height);
    return [
      ...(envelope ? [filled(axes, envelope, colour(`${line.colour}-area`))] : []),
      ...(rounding ? [filled(axes, rounding, colour(`${line.colour}-area`))] : []),
      {
        ...axes, type: "scatter", mode: "lines", x: line.t, y: line.last, connectgaps: false,
        line: {
          color: stroke, width: narrow ? 1.4 : 1.6, dash: line.dash, shape: line.step ? "hv" : "linear",
        },
        hoverinfo: "skip",
      },
      {
        ...axes, type: "scatter", mode: "markers", cliponaxis: false, hoverinfo: "skip",
        x: at.map((one) => line.t[one]),
        y: at.map((one) => line.last[one]),
        marker: {
          color: stroke,
          size: at.map((_, place) => (place === at.length - 1 ? 7 : 3.6)),
          line: { color: colour("panel"), width: at.map((_, place) => +(place === at.length - 1)) },
        },
      },
    ];
  };

  const bands = ({ drawn }, colour) =>
    masthead.outages.due(drawn[0].series).map(({ from, to }) => ({
      type: "rect", name: "gap", layer: "below", xref: "x", yref: "paper",
      x0: from, x1: to, y0: 0, y1: 1, line: { width: 0 }, fillcolor: colour("gap"),
    }));

  const valueAxis = (panel, domain, span, log, pixels) => {
    const { ticks } = masthead;
    const usual = { fixedrange: true, zeroline: false, domain, anchor: "x" };
    const seen = panel.derived
      ? masthead[panel.derived].extent(panel.lines)
      : ticks.extent(panel.lines, span) || ticks.extent(panel.lines, [-Infinity, Infinity]);
    const range = ticks.airy(seen || [0, 1], log);
    // What starts at zero stands on it.
    if (panel.derived && seen?.[0] === 0) range[0] = 0;
    const steep = log && range[0] > 0;
    const wanted = Math.max(panel.derived ? 2 : 3, Math.round(pixels / 55));
    return {
      ...usual,
      type: steep ? "log" : "linear",
      range: steep ? range.map(Math.log10) : range,
      // Where nothing was read no number may stand: an axis of nothing would look like one of zero.
      ...(seen ? ticks.marks(panel.metric, range, wanted, steep) : { tickvals: [], ticktext: [] }),
    };
  };

  // A value's place on an axis: in its own count, and in pixels from its foot.
  const scale = (axis, pixels) => {
    const place = (value) => (axis.type === "log" ? Math.log10(value) : value);
    const [low, high] = axis.range;
    return { place, height: pixels, pixels: (value) => ((place(value) - low) / (high - low)) * pixels };
  };

  const timeAxis = (span, width, colour) => ({
    type: "linear",
    range: span,
    // At the foot of all panels, not at the last one: plotly knows no axis that has no line yet.
    anchor: "free",
    position: 0,
    showgrid: true,
    gridcolor: colour("grid"),
    zeroline: false,
    ...masthead.timeticks.marks(span, width < 500 ? 4 : Math.min(10, Math.round(width / 110))),
    tickfont: { size: 11.5, color: colour("muted") },
  });

  // The span on screen: what was asked for, never narrower than two readings would need.
  const span = ({ view, span: [from, to], drawn }) =>
    view.zoom || [Math.min(from, to - 2000 * drawn[0].series.every_s), to];

  // `data` and `layout` for a plot of `size`, and `panels` with each one's axis for who adds to it.
  const build = (loaded, size, revision) => {
    const colour = masthead.lines.colours();
    const panels = masthead.lines.of(loaded);
    const named = loaded.view.compare || loaded.drawn.length > 1;
    const narrow = size.width < NARROW;
    const shown = span(loaded);
    const edges = upright(narrow);
    const inner = size.height - edges.t - edges.b;
    const places = domains(inner, panels);
    const scales = panels.map((panel, index) =>
      valueAxis(panel, places[index], shown, loaded.view.log, (places[index][1] - places[index][0]) * inner),
    );
    const margin = { ...edges, ...sideways(panels, scales, loaded, named, narrow) };
    const font = { family: "Inter, system-ui, sans-serif", color: colour("text"), size: 12 };
    const layout = {
      autosize: true, margin, uirevision: revision, showlegend: false, hovermode: false, font,
      paper_bgcolor: "rgba(0,0,0,0)",
      plot_bgcolor: "rgba(0,0,0,0)",
      dragmode: window.matchMedia("(pointer: coarse)").matches ? false : "zoom",
      xaxis: timeAxis(shown, size.width - margin.l - margin.r, colour),
      shapes: bands(loaded, colour),
      annotations: [masthead.labels.zone(shown, margin.r, colour)],
    };
    const data = [];
    panels.forEach((panel, index) => {
      const axes = { xaxis: "x", yaxis: axisId("y", index) };
      const pixels = (places[index][1] - places[index][0]) * inner;
      const axis = scales[index];
      layout[axisKey(index)] = {
        ...axis, gridcolor: colour("grid"), tickfont: { size: 11.5, color: colour("muted") },
      };
      const height = axis.type === "log" ? Infinity : axis.range[1] - axis.range[0];
      const wide = size.width - margin.l - margin.r;
      const look = { colour, narrow, pixels: (ms) => (ms / (shown[1] - shown[0])) * wide };
      const own = masthead[panel.derived]?.traces;
      for (const line of panel.lines) {
        data.push(
          ...(own ? own(line, axes, look, panel.lines.length === 1, shown) : traces(line, axes, height, look)),
        );
      }
      // No logarithm reaches zero: such a panel stays as it is, and says so.
      const flat = loaded.view.log && axis.type !== "log" && axis.tickvals.length > 0;
      const title = flat ? masthead.t("log_zeros", { name: panel.title }) : panel.title;
      layout.annotations.push(
        masthead.labels.title(title, places[index], colour, narrow ? 2 - margin.l : 0),
        ...masthead.labels.ends(panel, axes.yaxis, loaded, scale(axis, pixels), colour, margin.r - 12),
      );
      panel.axis = axis;
      panel.top = margin.t + (1 - places[index][1]) * inner;
      panel.height = pixels;
    });
    return { data, layout, panels, margin, span: shown };
  };

  return { build, scale };
})();

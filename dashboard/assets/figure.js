// The figure as plain data: five panels and a lane of headlines on one time axis.
window.masthead = window.masthead || {};
masthead.figure = (() => {
  const LANE = 24;
  const TITLE = 26;
  const FEW = 48;
  const MOST_GAPS = 80;
  const STEPS = ["dapps", "blockchains"];

  const colour = (name) =>
    getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

  // Foreign text for plotly, which reads markup in it: escaped, in lines of about 46 signs.
  const plain = (text) => {
    const words = text.replace(/\s+/g, " ").trim().slice(0, 160).split(" ");
    const lines = [""];
    for (const word of words.map((one) => one.slice(0, 46))) {
      const line = lines[lines.length - 1];
      if (line && line.length + word.length > 45) lines.push(word);
      else lines[lines.length - 1] = line ? `${line} ${word}` : word;
    }
    const safe = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };
    return lines.map((line) => line.replace(/[&<>"']/g, (sign) => safe[sign])).join("<br>");
  };

  const given = (series) => masthead.cards.metrics(Object.keys(series.metrics));

  const isNarrow = (width) => width < 620;

  // Where each panel stands, as fractions of the plot's height (plotly's domains, from below).
  const places = (height, margin, count) => {
    const inner = height - margin.t - margin.b;
    const slot = (inner - LANE) / count;
    const panels = [];
    for (let index = 0; index < count; index += 1) {
      const top = inner - LANE - index * slot - TITLE;
      panels.push([Math.max(0, (top - slot + TITLE) / inner), top / inner]);
    }
    return { lane: [(inner - LANE + 6) / inner, 1], panels };
  };

  const visible = (times, values, [from, to]) =>
    values.filter((value, index) => times[index] >= from && times[index] <= to);

  const axisName = (index) => (index ? `yaxis${index + 1}` : "yaxis");

  const valueAxis = (metric, series, span, wanted) => {
    const { ticks } = masthead;
    const { last } = series.metrics[metric.key];
    const range = ticks.range(visible(series.t, last, span)) || ticks.range(last) || [0, 1];
    return { range, ...ticks.marks(metric, range, wanted) };
  };

  // Readings that a line would not show: those alone between gaps, all when few, and the newest.
  const marked = (values) => {
    const read = values.reduce((found, value, at) => (value === null ? found : [...found, at]), []);
    if (read.length <= FEW) return read;
    return read.filter(
      (at, place) =>
        place === read.length - 1 ||
        ((values[at - 1] ?? null) === null && (values[at + 1] ?? null) === null),
    );
  };

  const traces = (metric, index, series, narrow) => {
    const { last } = series.metrics[metric.key];
    const axis = { xaxis: "x", yaxis: index ? `y${index + 1}` : "y" };
    const line = colour("line");
    const at = marked(last);
    const sign = metric.unit === "USD" ? "$" : "";
    return [
      {
        ...axis,
        type: "scatter",
        mode: "lines",
        name: metric.label,
        x: series.t,
        y: last,
        connectgaps: false,
        line: { color: line, width: narrow ? 1.4 : 1.6, shape: STEPS.includes(metric.key) ? "hv" : "linear" },
        hovertemplate: `<b>%{y:${sign},.2~f}</b>  ${metric.label}<extra></extra>`,
      },
      {
        ...axis,
        type: "scatter",
        mode: "markers",
        x: at.map((one) => series.t[one]),
        y: at.map((one) => last[one]),
        marker: {
          color: line,
          size: at.map((_, place) => (place === at.length - 1 ? 7 : 4)),
          line: { color: colour("panel"), width: 1 },
        },
        cliponaxis: false,
        hoverinfo: "skip",
      },
    ];
  };

  const lane = (headlines, axis) => ({
    type: "scatter",
    mode: "markers",
    xaxis: "x",
    yaxis: axis,
    x: headlines.map((one) => masthead.headlines.at(one)),
    y: headlines.map(() => 0),
    customdata: headlines.map((_, index) => index),
    text: headlines.map((one) => plain(one.title)),
    hovertemplate: "%{text}<extra></extra>",
    marker: { color: colour("news"), size: 8, opacity: 0.75 },
    cliponaxis: false,
  });

  const note = (more) => ({ xref: "paper", yref: "paper", showarrow: false, ...more });

  const title = (metric, domain) =>
    note({
      x: 0, xanchor: "left", y: domain[1], yanchor: "bottom", yshift: 4,
      text: `<b>${metric.label}</b>`,
      font: { size: 12.5, color: colour("text") },
    });

  // The newest reading and how far it moved, beside the end of its line.
  const ending = (metric, index, series) => {
    const { last } = series.metrics[metric.key];
    const value = last.findLast((one) => one !== null);
    if (value === undefined) {
      return note({
        x: 0.5, y: 0.5, yref: `y${index ? index + 1 : ""} domain`, text: "nothing read in this span",
        font: { size: 12, color: colour("muted") },
      });
    }
    const moved = masthead.cards.change(metric, series.deltas[metric.key]);
    const words = moved ? moved.words.replace("within rounding", "within<br>rounding") : "";
    const tone = { up: "up", down: "down" }[moved?.way] || "muted";
    return note({
      x: 1, xanchor: "left", xshift: 9, align: "left",
      y: value, yref: index ? `y${index + 1}` : "y",
      text: `<b>${masthead.format.compact(metric, value)}</b><br><span style="color:${colour(tone)}">${words}</span>`,
      font: { size: 11.5, color: colour("text") },
    });
  };

  const bands = (gaps) =>
    [...gaps]
      .sort((one, other) => other[1] - other[0] - (one[1] - one[0]))
      .slice(0, MOST_GAPS)
      .map(([from, to]) => ({
        type: "rect", name: "gap", layer: "below", xref: "x", yref: "paper",
        x0: from, x1: to, y0: 0, y1: 1, line: { width: 0 }, fillcolor: colour("gap"),
      }));

  const highlight = (ms) => ({
    type: "line", name: "headline", xref: "x", yref: "paper", x0: ms, x1: ms, y0: 0, y1: 1,
    line: { color: colour("news"), width: 1.5, dash: "dot" },
  });

  const TIME_STOPS = [
    { dtickrange: [null, 86_399_999], value: "%H:%M\n%-d %b" },
    { dtickrange: [86_400_000, "M1"], value: "%-d %b\n%Y" },
    { dtickrange: ["M1", "M12"], value: "%b\n%Y" },
    { dtickrange: ["M12", null], value: "%Y" },
  ];

  const timeAxis = (range, count, narrow) => ({
    type: "date",
    range,
    anchor: count > 1 ? `y${count}` : "y",
    showgrid: true,
    gridcolor: colour("grid"),
    zeroline: false,
    nticks: narrow ? 4 : 8,
    tickformatstops: TIME_STOPS,
    tickfont: { size: 11.5, color: colour("muted") },
    hoverformat: "%a %-d %b %Y, %H:%M UTC",
    showspikes: true,
    spikemode: "across",
    spikesnap: "hovered data",
    spikethickness: 1,
    spikedash: "solid",
    spikecolor: colour("muted"),
  });

  // The span on screen: what was asked for, never narrower than two readings would need.
  const span = (series) => [
    Math.min(series.from, series.to - 2000 * series.every_s),
    series.to,
  ];

  const build = (loaded, box, zoom, revision) => {
    const { series, headlines } = loaded;
    const metrics = given(series);
    const narrow = isNarrow(box.clientWidth);
    const margin = narrow ? { l: 48, r: 74, t: 6, b: 36 } : { l: 62, r: 92, t: 6, b: 38 };
    const where = places(box.clientHeight, margin, metrics.length);
    const shown = zoom || span(series);
    const laneAxis = `y${metrics.length + 1}`;
    const layout = {
      autosize: true,
      margin,
      uirevision: revision,
      meta: loaded.key,
      paper_bgcolor: "rgba(0,0,0,0)",
      plot_bgcolor: "rgba(0,0,0,0)",
      font: { family: "Inter, system-ui, sans-serif", color: colour("text"), size: 12 },
      showlegend: false,
      hovermode: "x unified",
      hoversubplots: "axis",
      hoverlabel: {
        bgcolor: colour("panel"),
        bordercolor: colour("edge"),
        font: { family: "Inter, system-ui, sans-serif", color: colour("text"), size: 12 },
        align: "left",
      },
      dragmode: window.matchMedia("(pointer: coarse)").matches ? false : "zoom",
      xaxis: timeAxis(span(series), metrics.length, narrow),
      shapes: bands(series.gaps),
      annotations: [
        ...metrics.flatMap((metric, index) => [
          title(metric, where.panels[index]),
          ending(metric, index, series),
        ]),
        note({
          x: 0, xanchor: "right", xshift: -8, y: (where.lane[0] + 1) / 2, yanchor: "middle",
          text: headlines.length ? "News" : "", font: { size: 11.5, color: colour("news") },
        }),
      ],
    };
    metrics.forEach((metric, index) => {
      layout[axisName(index)] = {
        ...valueAxis(metric, series, shown, 3),
        domain: where.panels[index],
        anchor: "x",
        fixedrange: true,
        gridcolor: colour("grid"),
        zeroline: false,
        tickfont: { size: 11.5, color: colour("muted") },
      };
    });
    layout[axisName(metrics.length)] = {
      domain: where.lane, range: [-1, 1], fixedrange: true, visible: false, anchor: "x",
    };
    return {
      data: [
        ...metrics.flatMap((metric, index) => traces(metric, index, series, narrow)),
        lane(headlines, laneAxis),
      ],
      layout,
    };
  };

  // What a zoom changes: each panel's own range and marks, fitted to the readings in sight.
  const fit = (series, shown) => {
    const changes = {};
    given(series).forEach((metric, index) => {
      for (const [name, value] of Object.entries(valueAxis(metric, series, shown, 3))) {
        changes[`${axisName(index)}.${name}`] = value;
      }
    });
    return changes;
  };

  const sentence = ({ series }) => {
    const { format, cards } = masthead;
    const metrics = given(series);
    const parts = metrics.map((metric) => {
      const value = series.metrics[metric.key].last.findLast((one) => one !== null);
      if (value === undefined) return `${metric.label}: nothing read`;
      const moved = cards.change(metric, series.deltas[metric.key]);
      const way = { up: "up ", down: "down " }[moved?.way] || "";
      return `${metric.label}: ${format.full(metric, value)}${moved ? `, ${way}${moved.words.replace(/^[+−]/, "")}` : ""}`;
    });
    const count = ["No chart", "One chart", "Two charts", "Three charts", "Four charts", "Five charts"];
    return `${count[metrics.length]} from ${format.dayShort(series.from)} to ${format.dayShort(series.to)}. ${parts.join(". ")}.`;
  };

  return { build, fit, highlight, span, sentence };
})();

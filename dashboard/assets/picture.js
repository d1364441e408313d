// The charts as a picture that explains itself anywhere: what, when, whose, and when it was made.
window.masthead = window.masthead || {};
masthead.picture = (() => {
  const { h, svg } = masthead.dom;
  const WIDTH = 1280;
  const SHARPER = 2;
  const PAD = 30;
  const RIGHT = WIDTH - PAD;
  const HEAD = 92;
  const RIBBON = 30;
  const RAIL = 28;
  const LINE = 19;
  const NEAR = 24;
  const ROOM = { l: 14, r: 16 };
  const ROOM_NAMED = { l: 14, r: 84 };
  // The page's own font does not travel with a picture: plotly measures with what will be there,
  // and as that may be wider, the labels get more room.
  const FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif";

  const short = (words, most) => (words.length > most ? `${words.slice(0, most - 1)}…` : words);
  const text = (x, y, words, look) => svg("text", { x, y, ...look }, words);
  const isSample = ({ drawn }) => drawn.some(({ source }) => source === masthead.state.SAMPLE);
  const name = (part) => masthead.format.source(part.info || part);

  const title = (loaded) => {
    const [first, ...others] = masthead.derived.mains(masthead.lines.of(loaded));
    const alone = others.length ? null : first.title;
    const what = loaded.view.compare ? masthead.t("compare") : alone;
    return short([loaded.drawn.map(name).join(", "), what].filter(Boolean).join(" · "), 80);
  };

  const subtitle = (loaded) => {
    const { format, t } = masthead;
    const { series } = loaded.drawn[0];
    return [
      loaded.span.map(format.moment).join(" – "),
      loaded.view.log ? t("pic_log") : t("pic_axes"),
      series.rolled ? t("pic_rolled", { span: format.duration(series.resolution_s) }) : null,
    ].filter(Boolean).join(" · ");
  };

  const head = (loaded, colour) => [
    text(PAD, 50, title(loaded), { "font-size": 21, "font-weight": 650, fill: colour("text") }),
    text(RIGHT, 50, "Masthead", {
      "font-size": 15, "font-weight": 650, fill: colour("muted"), "text-anchor": "end",
    }),
    text(PAD, 75, subtitle(loaded), { "font-size": 13.5, fill: colour("muted") }),
  ];

  const ribbon = (top, colour) => [
    svg("rect", {
      x: PAD, y: top, width: WIDTH - 2 * PAD, height: RIBBON, rx: 8,
      fill: colour("sample-ground"), stroke: colour("sample-edge"),
    }),
    text(PAD + 14, top + 20, `${masthead.t("notice_sample")} ${masthead.t("pic_sample")}`, {
      "font-size": 13.5, "font-weight": 600, fill: colour("text"),
    }),
  ];

  // A part cut out of the picture says it too.
  const watermark = (middle, colour) =>
    text(0, 0, masthead.t("pic_synthetic"), {
      "font-size": 110, "font-weight": 700, fill: colour("muted"), opacity: 0.11,
      "text-anchor": "middle", transform: `translate(${WIDTH / 2} ${middle}) rotate(-16)`,
    });

  // Headlines by their place; those too close to be told apart are one mark with their count.
  const marks = ({ headlines }, place) => {
    const groups = [];
    const inside = masthead.search.found(headlines).map(({ at }) => place(at)).filter((x) => x !== null);
    for (const x of inside.sort((one, other) => one - other)) {
      const group = groups.at(-1);
      if (group && x - group.x < NEAR) group.count += 1;
      else groups.push({ x, count: 1 });
    }
    return groups;
  };

  const mark = ({ x, count }, y, colour) => [
    svg("circle", { cx: x, cy: y, r: count > 1 ? 9 : 4.5, fill: colour("news") }),
    count > 1 &&
      text(x, y + 3.6, count > 99 ? "99+" : count, {
        "font-size": count > 99 ? 7.5 : 10, "font-weight": 700, fill: colour("panel"),
        "text-anchor": "middle",
      }),
  ].filter(Boolean);

  const rail = (groups, top, { left, right }, colour) => [
    svg("line", { x1: left, x2: right, y1: top + 12, y2: top + 12, stroke: colour("edge") }),
    ...groups.flatMap((group) => mark(group, top + 12, colour)),
    text(right + 9, top + 16, masthead.t("headlines"), {
      "font-size": 11.5, fill: colour("muted"),
    }),
  ];

  const seen = ({ layout, span: [from, to] }) =>
    layout.shapes.some(({ name: kind, x0, x1 }) => kind === "gap" && x1 > from && x0 < to);

  // Below the charts: whose the figures are, a line a source; how the picture is to be read.
  const remarks = (loaded, figure) => {
    const { api, format, t } = masthead;
    // Words from the address may hold signs that no XML can.
    const query = loaded.view.query.replace(/[\p{Cc}\p{Cs}]/gu, " ").trim();
    const credits = loaded.drawn.map((part) =>
      short([t("pic_source", { name: name(part) }), part.info?.credit].filter(Boolean).join(" · "), 110),
    );
    const notes = [
      t("pic_made", { when: format.moment(api.now()) }),
      figure.panels.some(({ derived, lines }) => derived === "daily" && lines.length) && t("pic_daily"),
      seen(figure) && t("pic_gaps"),
      loaded.cut && t("pic_cut"),
      query && t("pic_search", { query }),
    ];
    return { credits, notes: notes.filter(Boolean) };
  };

  const foot = ({ credits, notes }, top, colour) => {
    const look = { "font-size": 12.5, fill: colour("muted") };
    const end = { ...look, "text-anchor": "end" };
    return [
      ...credits.map((words, at) => text(PAD, top + at * LINE, words, look)),
      ...notes.map((words, at) => text(RIGHT, top + at * LINE, words, end)),
    ];
  };

  const plotHeight = (panels) =>
    panels.length === 1 ? 470 : Math.round(60 + 152 * masthead.derived.weights(panels));

  // The figure in a size of its own, with its margins inside.
  const figureOf = (loaded) => {
    const panels = masthead.lines.of(loaded);
    const room = panels.some(({ lines }) => lines.length > 1) ? ROOM_NAMED : ROOM;
    const size = { width: WIDTH - 2 * PAD, height: plotHeight(panels) };
    const inside = { ...size, width: size.width - room.l - room.r };
    const built = masthead.figure.build(loaded, inside, 0);
    const { l, r, ...margin } = built.margin;
    return { ...built, size, margin: { ...margin, l: l + room.l, r: r + room.r } };
  };

  const plotOf = async ({ data, layout, margin, size }, place) => {
    const font = { ...layout.font, family: FONT };
    const words = await window.Plotly.toImage(
      { data, layout: { ...layout, font, margin } },
      { format: "svg", imageDataOnly: true, ...size },
    );
    const plot = new DOMParser().parseFromString(words, "image/svg+xml").documentElement;
    for (const [name, value] of Object.entries(place)) plot.setAttribute(name, value);
    return plot;
  };

  // Where a time stands across the picture; null when it is not in sight.
  const across = ({ margin, span: [from, to] }) => {
    const left = PAD + margin.l;
    const right = RIGHT - margin.r;
    const place = (at) =>
      at < from || at > to ? null : left + ((at - from) / (to - from)) * (right - left);
    return { left, right, place };
  };

  // How far down each part begins.
  const heights = (loaded, { size }, marked, { credits, notes }) => {
    const rail = HEAD + (isSample(loaded) ? RIBBON + 12 : 0);
    const plot = rail + (marked ? RAIL : 0);
    const foot = plot + size.height + 26;
    return { rail, plot, foot, end: foot + LINE * Math.max(credits.length, notes.length) + 8 };
  };

  // Everything in its place, from above to below: an <svg> that needs nothing from elsewhere.
  const draw = async (loaded) => {
    const colour = masthead.lines.colours();
    const figure = figureOf(loaded);
    const edges = across(figure);
    const groups = marks(loaded, edges.place);
    const below = remarks(loaded, figure);
    const at = heights(loaded, figure, groups.length > 0, below);
    const size = { width: WIDTH, height: at.end };
    const sample = isSample(loaded);
    return svg(
      "svg",
      { ...size, viewBox: `0 0 ${WIDTH} ${at.end}`, role: "img", "font-family": FONT },
      svg("title", {}, `${title(loaded)}, ${subtitle(loaded)}`),
      svg("rect", { ...size, fill: colour("panel") }),
      head(loaded, colour),
      sample ? ribbon(HEAD - 4, colour) : [],
      groups.length ? rail(groups, at.rail, edges, colour) : [],
      await plotOf(figure, { x: PAD, y: at.plot, style: "overflow: visible" }),
      sample ? watermark(at.plot + figure.size.height / 2, colour) : [],
      foot(below, at.foot, colour),
    );
  };

  const written = (drawn) => new XMLSerializer().serializeToString(drawn);

  const vector = async (loaded) =>
    new Blob([written(await draw(loaded))], { type: "image/svg+xml" });

  const pixels = async (loaded) => {
    const drawn = await draw(loaded);
    const image = new Image();
    image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(written(drawn))}`;
    await image.decode();
    const height = Number(drawn.getAttribute("height"));
    const canvas = h("canvas", { width: WIDTH * SHARPER, height: height * SHARPER });
    canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
    return new Promise((done) => canvas.toBlob(done, "image/png"));
  };

  // masthead-dapp_expert-30d-2026-11-23.png: whose, which of it, over when, made when.
  const fileName = (loaded, kind) => {
    const day = (ms) => new Date(ms).toISOString().slice(0, 10);
    const { view, drawn, span } = loaded;
    const [panel, ...others] = masthead.derived.mains(masthead.lines.of(loaded));
    const words = [
      "masthead",
      ...drawn.map(({ source }) => source),
      view.compare ? "compare" : others.length ? null : panel.metric.key,
      view.zoom ? span.map(day).join("-to-") : view.range,
      day(masthead.api.now()),
    ];
    return `${words.filter(Boolean).join("-").replace(/[^\w.-]+/g, "_")}.${kind}`;
  };

  // A file of the reader's own, by the browser's usual way to keep one.
  const save = async (loaded, kind) => {
    const file = await (kind === "png" ? pixels : vector)(loaded);
    const href = URL.createObjectURL(file);
    const download = fileName(loaded, kind);
    h("a", { href, download }).click();
    setTimeout(() => URL.revokeObjectURL(href), 60_000);
    return download;
  };

  return { save };
})();

// The drawn chart: builds it for the box it stands in, reads its zoom, and knows where a time is.
window.masthead = window.masthead || {};
masthead.chart = (() => {
  const SHORTEST = 2;
  const TICK = 20;
  const LOOKS = 250;
  let drawn = null;
  let revision = 0;

  const frame = () => document.getElementById("chart-frame");
  const box = () => document.getElementById("chart-box");
  const size = () => ({ width: box().clientWidth, height: box().clientHeight });

  // What the page's own layers over the plot are placed by.
  const place = ({ margin, panels }) => {
    frame().style.setProperty("--plot-left", `${margin.l}px`);
    frame().style.setProperty("--plot-right", `${margin.r}px`);
    frame().style.setProperty("--plot-bottom", `${margin.b}px`);
    masthead.tools.render(panels);
  };

  const figure = (loaded) => {
    const panels = masthead.lines.of(loaded);
    const { mains, weights } = masthead.derived;
    box().dataset.count = mains(panels).length;
    box().style.setProperty("--more", (weights(panels) - mains(panels).length).toFixed(2));
    const built = masthead.figure.build(loaded, size(), (revision += 1));
    drawn = { ...built, loaded, ...size() };
    place(drawn);
    settled().then(around);
    return { data: built.data, layout: built.layout };
  };

  // What stands around the plot comes after it: the lines are what the reader waits for.
  const around = (current) => {
    if (!current) return;
    for (const part of [masthead.rail, masthead.outages]) part.render(drawn.loaded);
    masthead.moves.mark(drawn.loaded);
    masthead.cursor.again();
  };

  // Once plotly has drawn the newest figure: true, or false when a newer one came between.
  const settled = async () => {
    const mine = revision;
    for (let look = 0; look < LOOKS && mine === revision; look += 1) {
      const plot = box().querySelector(".js-plotly-plot");
      if (plot?.layout?.uirevision === mine) break;
      await new Promise((done) => setTimeout(done, TICK));
    }
    return mine === revision;
  };

  // The place of a time as a share of the plot's width; outside 0…1 it is not on screen.
  const share = (ms) => (ms - drawn.span[0]) / (drawn.span[1] - drawn.span[0]);
  const width = () => box().clientWidth - drawn.margin.l - drawn.margin.r;
  const timeAt = (x) => drawn.span[0] + (x / width()) * (drawn.span[1] - drawn.span[0]);

  // Show [from, to], never less than a few readings, as part of the address.
  const look = (from, to) => {
    const least = SHORTEST * 1000 * drawn.loaded.drawn[0].series.every_s;
    const short = Math.max(0, least - (to - from)) / 2;
    const edges = [from - short, to + short].map((ms) => new Date(Math.round(ms)).toISOString());
    masthead.state.go({ from: edges[0], to: edges[1] });
  };
  const reset = () => masthead.state.go({ from: null, to: null, day: null });

  // A drag across the plot: plotly names the edges it chose.
  const zoom = (moved) => {
    const from = moved?.["xaxis.range[0]"];
    const to = moved?.["xaxis.range[1]"];
    if (drawn && from !== undefined && to !== undefined) look(Number(from), Number(to));
  };

  // The same figures again: there is more to be shown of them.
  const redraw = () => {
    const plot = box().querySelector(".js-plotly-plot");
    if (!drawn || !plot?.layout) return;
    const { data, layout } = figure(drawn.loaded);
    window.Plotly.react(plot, data, layout);
  };

  // Another size asks for other margins, marks and labels.
  const resize = () => {
    if (!drawn) return;
    const { width: wide, height } = size();
    if (wide !== drawn.width || height !== drawn.height) redraw();
  };
  let waiting = 0;
  window.addEventListener("resize", () => {
    cancelAnimationFrame(waiting);
    waiting = requestAnimationFrame(resize);
  });

  return { figure, look, redraw, reset, resize, settled, share, timeAt, width, zoom, drawn: () => drawn };
})();

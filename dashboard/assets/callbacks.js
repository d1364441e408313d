// What Dash calls on an event. Each reads its arguments, calls one part, and returns.
(() => {
  const POLL = 10_000;
  const POLL_EMPTY = 2_000;
  const same = () => window.dash_clientside.no_update;
  let asked = 0;
  let loading = null;

  const triggered = () => window.dash_clientside.callback_context.triggered_id;

  const navigate = (...inputs) => {
    const search = inputs.at(-1);
    const id = triggered();
    if (!id) return same();
    return masthead.state.search(search, { range: id.replace("range-", "") });
  };

  const press = (range) => {
    for (const button of document.querySelectorAll("[data-range]")) {
      button.setAttribute("aria-pressed", String(button.dataset.range === range));
    }
  };

  const said = (error) =>
    error instanceof TypeError || error instanceof SyntaxError ? "The server does not answer." : error.message;

  const poll = async (_count, search, before) => {
    const { api, state } = masthead;
    const range = state.range(search);
    press(range);
    if (document.hidden && before && before.range === range && !before.offline) return [same(), same()];
    const turn = ++asked;
    try {
      const { sources } = await api.get("sources");
      const source = state.source(search, sources);
      const latest = await api.get("latest", { source });
      if (turn !== asked) return [same(), same()];
      return [
        { range, source, sources, latest, offline: null },
        latest.readings ? POLL : POLL_EMPTY,
      ];
    } catch (error) {
      if (turn !== asked) return [same(), same()];
      return [{ ...before, range, offline: said(error) }, POLL];
    }
  };

  // Fetch only what is not on screen: another span, another source, or a newer version.
  const load = async (pulse, loaded) => {
    if (!pulse || pulse.offline || !pulse.latest?.readings) return same();
    const { range, source, latest } = pulse;
    const key = `${source} ${range} ${latest.version}`;
    if (loaded?.key === key || loading === key) return same();
    loading = key;
    try {
      const [series, { headlines }] = await Promise.all([
        masthead.api.get("series", { source, range }),
        masthead.api.get("headlines", { source, range, limit: masthead.state.HEADLINES }),
      ]);
      masthead.status.charts(null);
      return loading === key ? { key, source, range, series, headlines } : same();
    } catch (error) {
      masthead.status.charts(said(error));
      masthead.status.notices(pulse);
      return same();
    } finally {
      if (loading === key) loading = null;
    }
  };

  const draw = (loaded) => (loaded ? masthead.chart.figure(loaded) : same());

  const render = (pulse, loaded) => {
    const { status, cards, headlines, table } = masthead;
    if (!pulse) return;
    status.notices(pulse);
    if (!pulse.latest) return;
    status.line(pulse);
    status.sources(pulse);
    if (!pulse.latest.readings) {
      status.empty(pulse);
      status.show("empty");
      return;
    }
    const current = loaded?.source === pulse.source ? loaded : null;
    const info = pulse.sources.find((one) => one.source === pulse.source);
    cards.render(pulse.latest, info?.metrics || Object.keys(pulse.latest.readings), current);
    if (!current) return;
    status.trend(current);
    headlines.render(current);
    table.render(current);
    status.show("full");
  };

  const span = (loaded) => {
    if (!loaded) return same();
    if (triggered() === "chart") masthead.chart.fit();
    document.getElementById("reset").hidden = masthead.chart.zoom() === null;
    const [from, to] = masthead.chart.span(loaded).map((ms) => new Date(ms).toISOString());
    return `/export/snapshots.csv?${new URLSearchParams({ source: loaded.source, from, to })}`;
  };

  const reset = () => masthead.chart.reset();

  const headlineOf = (data) => {
    const index = data?.points?.find((point) => point.customdata !== undefined)?.customdata;
    return index === undefined ? null : index;
  };
  const hover = (data) => masthead.headlines.mark(headlineOf(data), false);
  const pick = (data) => masthead.headlines.mark(headlineOf(data), true);

  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) window.dash_clientside.set_props("poll", { n_intervals: Date.now() });
  });

  window.dash_clientside = Object.assign(window.dash_clientside || {}, {
    masthead: {
      navigate, poll, load, draw, render, span, reset, hover, pick,
    },
  });
})();

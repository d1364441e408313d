// What Dash calls on an event. Each reads its arguments, calls one part, and returns.
(() => {
  const POLL = 10_000;
  const POLL_EMPTY = 2_000;
  const OLD = 300_000;
  const same = () => window.dash_clientside.no_update;
  let turn = 0;
  let failed = false;
  let drawn = null;

  const said = (error) => {
    if (!error.lost && !error.told) console.error(error);
    return error.lost ? masthead.t("no_answer") : error.message;
  };

  // Ask whether anything is new; every few minutes look anyway, for the newest hour moves.
  const poll = async (_count, before) => {
    if (document.hidden && before && !before.offline) return [same(), same()];
    try {
      const { version } = await masthead.api.pulse();
      const era = Math.floor(masthead.api.now() / OLD);
      if (before?.version === version && before.era === era && !before.offline && !failed) {
        masthead.status.tick();
        return [same(), same()];
      }
      const { sources } = await masthead.api.get("sources");
      const empty = sources.every(({ last_slot: last }) => last === null);
      return [{ version, era, sources, offline: null }, empty ? POLL_EMPTY : POLL];
    } catch (error) {
      return [{ ...before, offline: said(error) }, POLL];
    }
  };

  const speak = (view) => {
    const changed = masthead.t.speak(view.language);
    masthead.format.use(view.zone);
    if (changed || !document.documentElement.dataset.page) {
      masthead.t.apply();
      masthead.status.foot();
    }
  };

  // The newest figures stand on the page before their history is here, below what is to be said of
  // them: nothing that is seen is moved later.
  const early = (pulse) => (part) => {
    const { cards, data, status } = masthead;
    if (data.current()) return;
    const loaded = { parts: [part], drawn: [part] };
    status.notices(pulse, loaded);
    status.line(loaded);
    cards.render(loaded);
    status.show("early");
  };

  // Bring what the address asks for; what is here already comes at once.
  const load = async (pulse, search, before) => {
    if (!pulse?.sources) return same();
    const { data, controls, status, state } = masthead;
    const view = state.view(search);
    const mine = ++turn;
    speak(view);
    const late = setTimeout(() => document.body.classList.add("waiting"), 250);
    try {
      const known = { ...pulse, sources: await data.known(view, pulse.sources) };
      controls.show(view, known);
      const loaded = await data.load(view, known, early(pulse));
      if (mine !== turn) return same();
      failed = loaded.trouble !== null;
      status.charts(failed ? said(loaded.trouble) : null);
      if (failed) status.notices(pulse, data.current() || loaded);
      // What is on screen stays there while its newer form can't be had.
      if (before?.key === loaded.key || (failed && data.current())) return same();
      data.show(loaded);
      return { key: loaded.key };
    } catch (error) {
      if (mine !== turn) return same();
      failed = true;
      status.charts(said(error));
      status.notices(pulse, data.current());
      return same();
    } finally {
      clearTimeout(late);
      if (mine === turn) document.body.classList.remove("waiting");
    }
  };

  const draw = () => {
    const loaded = masthead.data.current();
    if (!loaded?.drawn.length) return same();
    // The figure is built for the box it stands in: on the page of an empty store that is hidden.
    masthead.controls.daily(loaded.view);
    masthead.status.show("full");
    return masthead.chart.figure(loaded);
  };

  const render = (pulse, key) => {
    const { data, status } = masthead;
    if (!pulse) return;
    const loaded = data.current();
    if (loaded || pulse.offline) status.notices(pulse, loaded);
    if (!loaded || !key) return;
    status.line(loaded);
    if (loaded.trouble && !loaded.drawn.length) return;
    if (!loaded.drawn.length) {
      status.empty(loaded);
      status.show("empty");
      return;
    }
    if (drawn !== key.key) {
      drawn = key.key;
      masthead.cards.render(loaded);
      status.trend(loaded);
      masthead.controls.lines(loaded.view);
      masthead.chart.settled().then(() => beside(loaded, pulse));
    }
    status.show("full");
  };

  // The rest of the page, which would only keep the charts waiting.
  const beside = (loaded, pulse) => {
    const { data, derived, headlines, moves, takeaway, texts } = masthead;
    if (loaded !== data.current()) return;
    for (const part of [headlines, texts, takeaway, moves]) part.render(loaded);
    derived.bring(loaded);
    ahead(loaded, pulse);
  };

  // The ranges beside the one on screen are here before they are asked for; any other once its
  // button is pointed at.
  let newest = null;
  const ahead = (loaded, pulse) => {
    const { data, state } = masthead;
    const at = state.RANGES.indexOf(loaded.view.range);
    newest = pulse;
    window.requestIdleCallback?.(
      () => data.prefetch(loaded, pulse, state.RANGES.slice(Math.max(0, at - 1), at + 2)),
      { timeout: 3000 },
    );
  };
  document.addEventListener("pointerover", ({ target }) => {
    const range = target.dataset?.range;
    const loaded = masthead.data.current();
    if (range && loaded && newest) masthead.data.prefetch(loaded, newest, [range]);
  });

  const zoom = (moved) => masthead.chart.zoom(moved);

  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) window.dash_clientside.set_props("poll", { n_intervals: Date.now() });
  });

  window.dash_clientside = Object.assign(window.dash_clientside || {}, {
    masthead: { poll, load, draw, render, zoom },
  });
})();

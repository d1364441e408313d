// What is on screen as data: asked for once per span and version, kept while it is true.
window.masthead = window.masthead || {};
masthead.data = (() => {
  const MOST = 80;
  const FRESH = 60_000;
  const kept = new Map();
  let shown = null;

  // An answer stays true until the store's version changes; one that ends now also grows old.
  const get = (name, params, version, moves = true) => {
    const key = `${name} ${new URLSearchParams(params)}`;
    const found = kept.get(key);
    const now = performance.now();
    if (found && found.version === version && (!moves || now - found.at < FRESH)) return found.answer;
    const answer = masthead.api.get(name, params);
    kept.delete(key);
    kept.set(key, { version, answer, at: now });
    answer.catch(() => kept.get(key)?.answer === answer && kept.delete(key));
    if (kept.size > MOST) kept.delete(kept.keys().next().value);
    return answer;
  };

  const seriesOf = (source, view, version) =>
    get(
      "series",
      { source, ...masthead.state.span(view), points: masthead.state.points() },
      version,
      !view.zoom,
    );

  const all = (source) => ({ source, range: "all", limit: masthead.state.HEADLINES });

  // The headlines of a span: cut from all of them where all are here, else asked for.
  const headlinesOf = async (source, view, version, from, to) => {
    const every = kept.get(`headlines ${new URLSearchParams(all(source))}`);
    const found = every?.version === version ? (await every.answer).headlines : null;
    if (found && found.length < masthead.state.HEADLINES) {
      return found.filter((one) => at(one) >= from && at(one) <= to);
    }
    const span = masthead.state.span(view);
    const limit = masthead.state.HEADLINES;
    return (await get("headlines", { source, ...span, limit }, version, !view.zoom)).headlines;
  };

  const exact = (one) => one.published_from !== null && one.published_from === one.published_to;
  // Where a headline stands in time: when it was published if that is known, else first seen.
  const at = (one) => (exact(one) ? one.published_from : one.first_seen_at);

  // A source's newest figures, which come first, and its history, which may fail without them.
  const one = async (source, pulse, view, early) => {
    const info = pulse.sources.find((known) => known.source === source);
    const latest = await get("latest", { source }, pulse.version);
    const part = { source, info, latest, series: null, headlines: [], trouble: null };
    if (!latest.readings) return part;
    early(part);
    const asked = seriesOf(source, view, pulse.version);
    if (!kept.has(`headlines ${new URLSearchParams(all(source))}`)) {
      // Both at once: the first figures wait for the slower of them.
      headlinesOf(source, view, pulse.version, 0, 0).catch(() => {});
    }
    try {
      const series = await asked;
      const headlines = await headlinesOf(source, view, pulse.version, series.from, series.to);
      return { ...part, series, headlines };
    } catch (trouble) {
      return { ...part, trouble };
    }
  };

  const merged = (parts) =>
    parts
      .flatMap(({ source, headlines }) =>
        headlines.map((each) => ({
          ...each, source, at: at(each), exact: exact(each), id: `${source} ${each.url || each.title}`,
        })),
      )
      .sort((before, after) => after.at - before.at);

  // The sources to choose from: where the sample is asked for and the store has none, the server
  // has one that passes.
  const known = async ({ sources: asked }, sources) => {
    const { SAMPLE } = masthead.state;
    if (!asked.includes(SAMPLE) || sources.some(({ source }) => source === SAMPLE)) return sources;
    const answer = await get("sources", { source: SAMPLE }, SAMPLE);
    return [...sources, ...answer.sources.map((one) => ({ ...one, passing: true }))];
  };

  // Everything the view shows; `key` is another whenever something on screen could be.
  // `early` is called with the newest figures of a source shown alone, before its history is here.
  const load = async (view, pulse, early) => {
    const names = masthead.state.sources(view.sources, pulse.sources);
    const parts = await Promise.all(names.map((name) => one(name, pulse, view, names.length > 1 ? () => {} : early)),
    );
    const drawn = parts.filter(({ series }) => series);
    const whole = drawn.length
      ? [
          Math.min(...drawn.map(({ series }) => series.from)),
          Math.max(...drawn.map(({ series }) => series.to)),
        ]
      : [0, 1];
    return {
      key: JSON.stringify([pulse.version, view, whole[1], names]),
      version: pulse.version,
      view,
      parts,
      drawn,
      trouble: parts.find(({ trouble }) => trouble)?.trouble || null,
      span: view.zoom || whole,
      headlines: merged(parts),
      cut: parts.some(({ headlines }) => headlines.length >= masthead.state.HEADLINES),
    };
  };

  // What is worked out from the readings of a span, as it is of the version that is shown.
  const derived = (name, params, { version, view }) => get(name, params, version, !view.zoom);

  // While nothing else is to be done: what is likely to be asked for next, so that it waits for
  // nobody.
  const prefetch = ({ view, drawn }, pulse, ranges) => {
    if (navigator.connection?.saveData) return;
    for (const { source } of drawn) {
      for (const range of ranges) {
        seriesOf(source, { ...view, zoom: null, range }, pulse.version).catch(() => {});
      }
      get("headlines", all(source), pulse.version).catch(() => {});
    }
  };

  const show = (loaded) => {
    shown = loaded;
  };

  return { derived, known, load, prefetch, show, current: () => shown };
})();

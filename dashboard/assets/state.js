// What is looked at: read from and written to the address, where bad values fall back.
window.masthead = window.masthead || {};
masthead.state = (() => {
  const RANGES = ["24h", "7d", "30d", "90d", "1y", "all"];
  const RANGE = "30d";
  const SOURCE = "dapp_expert";
  const SAMPLE = "sample";
  const LANGUAGES = ["en", "ru"];
  const ZONES = ["utc", "local"];
  const HEADLINES = 500;
  const MOST_SOURCES = 6;

  const remember = (name, value) => {
    try {
      localStorage.setItem(`masthead-${name}`, value);
    } catch {
      // Without storage the choice lives in the address alone.
    }
  };
  const remembered = (name) => {
    try {
      return localStorage.getItem(`masthead-${name}`);
    } catch {
      return null;
    }
  };

  const one = (known, ...asked) => asked.find((value) => known.includes(value));
  const instant = (text) => {
    const ms = text && /^\d{4}-\d\d-\d\dT/.test(text) ? Date.parse(text) : NaN;
    return Number.isNaN(ms) ? null : ms;
  };
  const spoken = () =>
    (navigator.languages || [navigator.language || ""]).map((name) => name.slice(0, 2));

  // Everything that the address says, each value checked.
  const view = (search) => {
    const params = new URLSearchParams(search);
    const from = instant(params.get("from"));
    const to = instant(params.get("to"));
    const zoomed = from !== null && to !== null && from < to;
    return {
      range: one(RANGES, params.get("range")) || RANGE,
      zoom: zoomed ? [from, to] : null,
      sources: [...new Set(params.getAll("source"))].slice(0, MOST_SOURCES),
      compare: params.get("view") === "compare",
      log: params.get("scale") === "log",
      daily: params.get("daily") !== "0",
      day: instant(params.get("day")),
      metric: params.get("metric"),
      lines: params.getAll("line"),
      query: (params.get("q") || "").slice(0, 100),
      zone: one(ZONES, params.get("tz"), remembered("tz")) || "utc",
      language: one(LANGUAGES, params.get("lang"), remembered("lang"), ...spoken()) || "en",
      embed: params.get("embed") === "1",
    };
  };

  // The sources to show: those asked for that are known, also without a history; else the first
  // that has one. The sample is shown alone: made-up figures never stand beside real ones.
  const sources = (asked, known) => {
    const found = asked.filter((name) => known.some(({ source }) => source === name));
    if (found.includes(SAMPLE)) return [SAMPLE];
    if (found.length) return found;
    const filled = known.filter(({ last_slot: last }) => last !== null);
    const usual = filled.find(({ source }) => source === SOURCE) || filled[0];
    return [usual ? usual.source : SOURCE];
  };

  // `current` with some parameters changed: null takes one out, a list repeats it.
  const search = (current, changes) => {
    const params = new URLSearchParams(current);
    for (const [name, value] of Object.entries(changes)) {
      params.delete(name);
      for (const each of [value ?? []].flat()) params.append(name, each);
    }
    const text = params.toString();
    return text && `?${text}`;
  };

  // Show something else: the address changes, and with it the page.
  const go = (changes) => {
    for (const name of ["tz", "lang"]) if (changes[name]) remember(name, changes[name]);
    const next = search(location.search, changes);
    if (next !== location.search) window.dash_clientside.set_props("url", { search: next });
  };

  // Write into the address what the page shows already: no step of the history, no new drawing.
  const note = (changes) => {
    const next = search(location.search, changes);
    if (next !== location.search) {
      history.replaceState(history.state, "", location.pathname + next + location.hash);
    }
  };

  const now = () => view(location.search);

  // The span as parameters of a request.
  const span = ({ zoom, range }) =>
    zoom
      ? { from: new Date(zoom[0]).toISOString(), to: new Date(zoom[1]).toISOString() }
      : { range };

  // So many points as the screen can show.
  const points = () => (window.innerWidth < 620 ? 500 : window.innerWidth < 1700 ? 1000 : 1500);

  return { HEADLINES, RANGES, SAMPLE, go, note, now, points, search, sources, span, view };
})();

// The daily flow inside a 30-day figure, reconstructed by the server: bars with their 90 % band.
window.masthead = window.masthead || {};
masthead.daily = (() => {
  const DAY = 86_400_000;
  const LEAST = 45 * DAY;
  const OPEN = 0.5;
  const BARS = 3;
  const AIR = 0.14;
  const STATES = ["short", "coarse", "unfit"];
  // By source: the newest answer with what it was asked for, or what went wrong.
  const kept = new Map();

  const rolls = ({ kind }) => Boolean(kind?.startsWith("rolling"));
  const metrics = ({ series }) => masthead.cards.all().filter((one) => rolls(one) && series.metrics[one.key]);
  const asked = (loaded) => JSON.stringify(masthead.state.span(loaded.view));

  // Whether what is kept of a source is true for what is loaded, over all of its span.
  const holds = (found, loaded) => {
    if (!found?.answer || found.version !== loaded.version) return false;
    if (found.asked === asked(loaded)) return true;
    return found.answer.from <= loaded.span[0] && found.answer.to >= loaded.span[1];
  };

  const answerOf = (part, metric) => kept.get(part.source)?.answer?.metrics[metric.key];

  const open = ({ from, to, gaps }) => gaps.reduce((sum, [low, high]) => sum + high - low, 0) / (to - from);

  // Whether there will hardly be none to show: until the answer is here its place is kept for it.
  const awaited = (part, metric) =>
    !kept.has(part.source) &&
    Boolean(part.series.metrics[metric.key]) &&
    part.info?.last_slot - part.info?.first_slot >= LEAST &&
    open(part.series) < OPEN;

  const lineOf = (own, part, place, found, loaded) => {
    const { t, value, low, high } = found;
    return {
      id: `${part.source}.${own.key}`,
      metric: own,
      source: part.source,
      label: masthead.format.source(part.info || part),
      colour: masthead.lines.colour(place),
      ...masthead.derived.within(loaded.span, DAY, { t, last: value, low, high }),
      every: DAY,
      scale: 1,
      derived: "daily",
    };
  };

  const panels = (metric, loaded) => {
    if (!rolls(metric) || !loaded.view.daily) return [];
    const own = { ...metric, key: `daily_${metric.key}` };
    const lines = loaded.drawn.flatMap((part, place) => {
      const found = answerOf(part, metric);
      return found?.state === "shown" ? [lineOf(own, part, place, found, loaded)] : [];
    });
    const waits = loaded.drawn.some((part) => awaited(part, metric));
    return lines.length || waits
      ? [{ metric: own, title: masthead.format.metric(own), lines, derived: "daily", waits }]
      : [];
  };

  // Whether there is anything that the reader could switch on and off.
  const offers = (loaded) =>
    loaded.drawn.some((part) =>
      metrics(part).some((one) => awaited(part, one) || answerOf(part, one)?.state === "shown"),
    );

  // Days next to each other that were told, as [first, last] places; as bars each day alone.
  const runs = ({ t, last }, alone) => {
    const found = [];
    last.forEach((value, at) => {
      if (value === null) return;
      const run = found.at(-1);
      if (!alone && run && run[1] === at - 1 && t[at] - t[at - 1] === DAY) run[1] = at;
      else found.push([at, at]);
    });
    return found;
  };

  // `x` and `y` of what lies between two values of each day, or on one of them.
  const outline = (line, shape, top, bottom) => {
    const { parts, air } = shape;
    const x = [];
    const y = [];
    const edge = (at, ms, values) => {
      x.push(ms);
      y.push(values(at));
    };
    for (const [first, last] of parts) {
      for (let at = first; at <= last; at += 1) {
        edge(at, line.t[at] + air, top);
        edge(at, line.t[at] + DAY - air, top);
      }
      for (let at = last; bottom && at >= first; at -= 1) {
        edge(at, line.t[at] + DAY - air, bottom);
        edge(at, line.t[at] + air, bottom);
      }
      x.push(null);
      y.push(null);
    }
    return { x, y };
  };

  // A light hatched body, the band that holds the true value 9 days of 10, and the estimate.
  const traces = (line, axes, look, alone) => {
    const { colour, pixels } = look;
    const bars = alone && pixels(DAY) >= BARS;
    const shape = { parts: runs(line, bars), air: bars ? AIR * DAY : 0 };
    const stroke = colour(line.colour);
    const area = colour(`${line.colour}-area`);
    const [value, low, high] = [line.last, line.low, line.high].map((values) => (at) => values[at]);
    const base = { ...axes, type: "scatter", hoverinfo: "skip" };
    const body = {
      ...base, ...outline(line, shape, value, () => 0), mode: "none", fill: "toself", fillcolor: area,
      fillpattern: { shape: "/", size: 4, solidity: 0.3, fgcolor: colour(`${line.colour}-area`), bgcolor: colour("panel") },
    };
    return [
      ...(alone ? [body] : []),
      { ...base, ...outline(line, shape, high, low), mode: "none", fill: "toself", fillcolor: area },
      {
        ...base, ...outline(line, shape, value), mode: "lines", connectgaps: false, name: "daily",
        line: { color: stroke, width: bars ? 1.6 : 1.1 },
      },
    ];
  };

  // The place of the day that `ms` lies in; null where it is none of these.
  const place = ({ t }, ms) => {
    const at = t.findLastIndex((start) => start <= ms);
    return at >= 0 && ms < t[at] + DAY ? at : null;
  };

  // From zero on, for a bar's length is its value.
  const extent = (lines) => {
    const tops = lines.flatMap(({ high }) => high.filter((value) => value !== null));
    return tops.length ? [0, Math.max(...tops)] : null;
  };

  const sentence = (line, name) => {
    const { derived, format, t } = masthead;
    const known = line.last.flatMap((value, at) => (value === null ? [] : [at]));
    if (!known.length) return t("daily_none", { name });
    const newest = known.at(-1);
    const by = [...known].sort((one, other) => line.last[one] - line.last[other]);
    const day = (at) => ({ value: derived.amount(line, line.last[at]), at: format.dayShort(line.t[at]) });
    const [low, high] = [day(by[0]), day(by.at(-1))];
    return t("daily_sentence", {
      name, value: derived.amount(line, line.last[newest]), band: derived.band(line, newest),
      at: format.moment(line.t[newest]), low: low.value, low_at: low.at, high: high.value, high_at: high.at,
      count: line.last.length - known.length,
    });
  };

  // Why there is none: the server's own words where they are in the reader's language.
  const why = ({ state, note, days }) => {
    const { t } = masthead;
    if (note && t.language() === "en") return note;
    return STATES.includes(state) ? t(`daily_${state}`, { days }) : note || t("daily_unfit");
  };

  // What each source can't show, by the words for it.
  const lacking = (loaded) => {
    const said = new Map();
    for (const part of loaded.drawn) {
      const { trouble } = kept.get(part.source) || {};
      for (const metric of metrics(part)) {
        const found = answerOf(part, metric);
        if (loaded.view.metric && loaded.view.metric !== metric.key) continue;
        if (!trouble && (!found || found.state === "shown")) continue;
        const text = trouble ? masthead.t("daily_failed") : why(found);
        said.set(text, [...(said.get(text) || []), { part, metric }]);
      }
    }
    return said;
  };

  const notes = (loaded) => {
    if (!loaded.view.daily) return [];
    const { format, t } = masthead;
    return [...lacking(loaded)].map(([text, which]) => {
      const [keys, names] = [
        new Set(which.map(({ metric }) => metric.key)),
        new Set(which.map(({ part }) => format.source(part.info || part))),
      ];
      const what = keys.size > 1 ? t("daily_flow") : format.metric({ key: `daily_${[...keys][0]}` });
      const who = loaded.drawn.length > 1 ? `${format.list([...names])} · ` : "";
      return { lead: `${who}${what}:`, text };
    });
  };

  // The answers of the sources on screen; whether anything came.
  const bring = async (loaded) => {
    if (!loaded.view.daily) return false;
    const missing = loaded.drawn.filter((part) => metrics(part).length && !holds(kept.get(part.source), loaded));
    await Promise.all(
      missing.map(async ({ source }) => {
        const one = { version: loaded.version, asked: asked(loaded) };
        try {
          const span = masthead.state.span(loaded.view);
          kept.set(source, { ...one, answer: await masthead.data.derived("daily", { source, ...span }, loaded) });
        } catch (trouble) {
          kept.set(source, { ...one, trouble });
        }
      }),
    );
    return missing.length > 0;
  };

  return { bring, extent, notes, offers, panels, place, rolls, sentence, traces };
})();

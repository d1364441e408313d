// What was read at a moment, as plain rows: for the tip beside the pointer and for the voice.
window.masthead = window.masthead || {};
masthead.reading = (() => {
  const PLENTY = 10;
  let figure = null;
  let cached = null;

  const all = (drawn) => drawn.panels.flatMap(({ lines }) => lines);

  // The place of the time nearest to `ms` in an ordered list.
  const nearest = (times, ms) => {
    let low = 0;
    let high = times.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (times[middle] < ms) low = middle + 1;
      else high = middle;
    }
    return low && ms - times[low - 1] < times[low] - ms ? low - 1 : low;
  };

  // Every time in sight at which something was looked at; counted once a figure.
  const stops = (drawn) => {
    if (figure === drawn) return cached;
    const [from, to] = drawn.span;
    const lists = new Set(all(drawn).filter(({ derived }) => !derived).map(({ t }) => t));
    const found = new Set([...lists].flat().filter((ms) => ms >= from && ms <= to));
    figure = drawn;
    cached = [...found].sort((one, other) => one - other);
    return cached;
  };

  const gapAt = (drawn, ms) => {
    const gaps = drawn.loaded.drawn.map(({ series }) =>
      series.gaps.find(([from, to]) => ms >= from && ms < to),
    );
    return gaps.every(Boolean) ? gaps[0] : null;
  };

  // The place of a line's reading that stands for `ms`; null where it has none near.
  const place = (line, ms) => {
    if (line.derived) return masthead[line.derived].place(line, ms);
    if (!line.t.length) return null;
    const at = nearest(line.t, ms);
    return Math.abs(line.t[at] - ms) > line.every ? null : at;
  };

  const valueOf = (line, at) => {
    const { format, shapes, t } = masthead;
    const value = line.last[at];
    if (value === null) return t(line.derived ? "derived_unknown" : "not_read");
    const real = format.compact(line.metric, value * line.scale);
    if (line.derived) return line.derived === "daily" ? t("about", { value: real }) : real;
    if (line.rounding) {
      const { index, within } = masthead.sentences;
      return `${within(line, at) ? "≈100" : index(line, at)} (${real})`;
    }
    const half = line.rolled ? 0 : shapes.half(line, at);
    if (!half) return real;
    return t("texts_rounding", {
      value: real, half: format.compact(line.metric, half, { minimumFractionDigits: 0 }),
    });
  };

  // What else is to be said: lowest and highest, why it was not read, when if not at `ms`.
  const noteOf = (line, at, ms) => {
    const { format, t } = masthead;
    if (line.derived) return line.last[at] === null ? "" : masthead.derived.band(line, at);
    const [low, high] = [line.min?.[at] ?? null, line.max?.[at] ?? null];
    const [low_, high_] = [low, high].map((one) => format.compact(line.metric, one * line.scale));
    const within = line.rounding && line.last[at] !== null && masthead.sentences.within(line, at);
    return [
      within ? t("within_rounding") : null,
      masthead.moves.at(line, line.t[at]),
      line.t[at] === ms ? null : format.moment(line.t[at]),
      line.rolled && low !== high ? t("between", { low: low_, high: high_ }) : null,
      line.problems?.find(([time]) => time === line.t[at])?.[1],
    ].filter(Boolean).join("; ");
  };

  const rowOf = (line, ms, drawn) => {
    const at = place(line, ms);
    if (at === null) return [];
    const { format, lines } = masthead;
    const several = drawn.loaded.view.compare || drawn.loaded.drawn.length > 1;
    if (line.derived === "ratio") {
      return [{ colour: line.colour, name: line.label, value: valueOf(line, at), note: noteOf(line, at, ms) }];
    }
    const daily = line.derived === "daily";
    const metric = daily ? masthead.t(`tip_${line.metric.key}`) : format.metric(line.metric);
    const name = several ? lines.name(line, drawn.loaded) : metric;
    return [{
      colour: line.colour,
      name: several && !drawn.loaded.view.compare ? `${metric} · ${name}` : name,
      value: valueOf(line, at),
      note: noteOf(line, at, ms),
    }];
  };

  // Too many lines to be read at once: those of one panel.
  const chosen = (drawn, panel) =>
    all(drawn).length > PLENTY ? drawn.panels[Math.min(panel, drawn.panels.length - 1)].lines : all(drawn);

  const gapWords = (drawn, [from, to]) => {
    const { format, outages, t } = masthead;
    const cause = drawn.loaded.drawn[0].series.outages?.find((one) => one.from === from);
    if (cause) return outages.words(cause);
    return t("cursor_gap", { from: format.moment(from), to: format.moment(to) });
  };

  // `when` it was, a row a line, and in a gap the words for it instead.
  const at = (drawn, ms, panel) => {
    const { format, t } = masthead;
    const gap = gapAt(drawn, ms);
    if (gap) return { when: format.moment(ms), rows: [], gap: gapWords(drawn, gap) };
    const moment = format.moment(ms);
    const [line] = all(drawn);
    return {
      when: line?.rolled ? t("up_to", { when: moment, span: format.duration(line.every / 1000) }) : moment,
      rows: chosen(drawn, panel).flatMap((one) => rowOf(one, ms, drawn)),
      gap: null,
    };
  };

  // The same as one short text.
  const words = ({ when, rows, gap }) =>
    gap || [when, ...rows.map(({ name, value, note }) => `${name} ${value}${note && `, ${note}`}`)].join(". ");

  return { at, gapAt, nearest, place, stops, words };
})();

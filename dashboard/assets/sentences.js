// The charts in words: what a line did over the span, and why nothing stands at a time.
window.masthead = window.masthead || {};
masthead.sentences = (() => {
  // "16,230 ± 5": with the half-width where it is known, else as it was read.
  const amount = (line, value, half) => {
    const { format, t } = masthead;
    const text = format.full(line.metric, value * line.scale);
    if (!half) return text;
    return t("texts_rounding", { value: text, half: format.full(line.metric, half) });
  };

  // Whether rounding alone could have moved a reading from the 100 it is compared with.
  const within = (line, at) => {
    const apart = Math.abs(line.last[at] - 100) * line.scale;
    return apart > 1e-9 * line.scale && apart <= line.rounding(at) * (1 + 1e-9);
  };

  const index = (line, at) =>
    within(line, at)
      ? masthead.t("index_within")
      : masthead.format.number(line.last[at], { minimumFractionDigits: 1, maximumFractionDigits: 1 });

  const change = ({ delta, metric }) => {
    if (!delta) return null;
    const { format, t } = masthead;
    const since = format.moment(delta.from.t);
    if (delta.within_rounding) return t("texts_within", { since });
    if (delta.change === 0) return t("texts_same", { since });
    const by = format.signed(metric, delta.change);
    const percent = delta.percent === null ? null : format.percent(Math.abs(delta.percent), "never");
    return t(delta.change > 0 ? "texts_up" : "texts_down", {
      amount: percent === null ? by : t("texts_amount", { percent, by }),
      since,
    });
  };

  // Where a line was lowest and highest, by the envelope where points stand for several readings.
  const extremes = (line) => {
    const { shapes } = masthead;
    const { last, min = last, max = last } = line;
    let [low, high] = [-1, -1];
    last.forEach((value, at) => {
      if (value === null) return;
      if (low < 0 || min[at] < min[low]) low = at;
      if (high < 0 || max[at] > max[high]) high = at;
    });
    const { format, t } = masthead;
    const halves = line.rounding ? line.rounding(low) : shapes.half(line, low) + shapes.half(line, high);
    const apart = (max[high] - min[low]) * line.scale;
    if (apart <= 1e-9 * Math.abs(max[high]) * line.scale) return null;
    if (apart <= halves * (1 + 1e-9)) return t("texts_never");
    return t("texts_extremes", {
      low: amount(line, min[low]),
      low_at: format.moment(line.t[low]),
      high: amount(line, max[high]),
      high_at: format.moment(line.t[high]),
    });
  };

  const missing = (line, series) => {
    const { format, t } = masthead;
    const { gaps } = series;
    const seconds = gaps.reduce((sum, [from, to]) => sum + (to - from) / 1000, 0);
    const starts = new Set(gaps.map(([from]) => from));
    const unread = line.last.filter((value, at) => value === null && !starts.has(line.t[at])).length;
    return [
      gaps.length
        ? t("texts_gaps", { count: gaps.length, span: format.duration(seconds) })
        : t("texts_no_gaps"),
      unread && !line.rolled ? t("texts_unread", { count: unread }) : null,
    ].filter(Boolean).join("; ");
  };

  const newest = (line) => line.last.findLastIndex((value) => value !== null);

  // One line over the span: where it stood last, how far it moved, its extremes, its gaps.
  const of = (line, name, loaded) => {
    const { format, shapes, t } = masthead;
    if (line.derived) return masthead[line.derived].sentence(line, name);
    const at = newest(line);
    if (at < 0) return t("texts_none", { name });
    const { series } = loaded.drawn.find(({ source }) => source === line.source);
    const when = format.moment(line.t[at]);
    const half = shapes.half(line, at) || (line.delta?.to.t === line.t[at] && line.delta.to.half_width);
    const value = amount(line, line.last[at], half);
    const stood = loaded.view.compare
      ? t("texts_index", {
          name, index: index(line, at), at: when, value, first: amount(line, 100),
        })
      : t("texts_stood", { name, value, at: when });
    const first = [stood, change(line)].filter(Boolean).join(", ");
    return `${[first, extremes(line), missing(line, series)].filter(Boolean).join("; ")}.`;
  };

  // Why nothing stands at a time: a gap with its end and cause, or what was wrong with the reading.
  const reason = (line, at, series) => {
    const { format, outages, t } = masthead;
    if (line.derived) return t("derived_unknown");
    const gap = series.gaps.find(([from]) => from === line.t[at]);
    if (gap) {
      const cause = series.outages?.find(({ from }) => from === gap[0]);
      return cause ? outages.words(cause) : t("texts_until", { when: format.moment(gap[1]) });
    }
    const why = line.problems?.find(([time]) => time === line.t[at]);
    return why ? t("not_read_why", { why: why[1] }) : t("not_read");
  };

  return { index, of, reason, within };
})();

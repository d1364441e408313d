// Two sources that measure something alike: one divided by the other, never one line of both.
window.masthead = window.masthead || {};
masthead.ratio = (() => {
  const DAY = 86_400_000;
  const kept = new Map();

  // The sources that another can be divided by, of those named.
  const others = (info, metric, names) =>
    info?.source === masthead.state.SAMPLE
      ? []
      : (info?.alike || [])
          .filter((one) => one.metric === metric.key && one.other !== info.source && names.includes(one.other))
          .map(({ other }) => other);

  // The pair on screen for a metric: the first source that another of those shown measures alike.
  // Beside all other charts the sums alone are divided, a level once it has the whole width.
  const pair = (metric, { drawn, view }) => {
    if (!masthead.daily.rolls(metric) && view.metric !== metric.key) return null;
    const names = drawn.filter(({ series }) => series.metrics[metric.key]).map(({ source }) => source);
    for (const part of drawn.filter(({ source }) => names.includes(source))) {
      const [other] = others(part.info, metric, names);
      if (other) return [part, drawn.find(({ source }) => source === other)];
    }
    return null;
  };

  const pairs = (loaded) =>
    masthead.cards.all().flatMap((metric) => {
      const wanted = !loaded.view.metric || loaded.view.metric === metric.key;
      const found = wanted && pair(metric, loaded);
      return found ? [{ metric, parts: found }] : [];
    });

  const key = (metric, [one, other]) => `${metric.key} ${one.source} ${other.source}`;
  const names = (parts) => parts.map((part) => masthead.format.source(part.info || part));
  const title = (metric, parts) => {
    const [name, other] = names(parts);
    return masthead.t("ratio_title", { metric: masthead.format.metric(metric), name, other });
  };

  const panels = (metric, loaded) => {
    const parts = pair(metric, loaded);
    const found = parts && kept.get(key(metric, parts));
    if (!parts || found?.trouble) return [];
    const own = { key: `ratio_${metric.key}`, unit: "ratio", priced: false };
    const line = found && {
      id: `${parts[0].source}.${own.key}`,
      metric: own,
      source: parts[0].source,
      label: title(metric, parts),
      colour: "line-4",
      ...masthead.derived.within(loaded.span, DAY, {
        t: found.answer.t, last: found.answer.ratio, low: found.answer.low, high: found.answer.high,
      }),
      every: DAY,
      scale: 1,
      derived: "ratio",
    };
    return [{ metric: own, title: title(metric, parts), lines: line ? [line] : [], derived: "ratio", waits: !found }];
  };

  // The line, the band that rounding alone allows, and where both sources would say the same.
  const traces = (line, axes, { colour }, _alone, span) => {
    const base = { ...axes, type: "scatter", hoverinfo: "skip" };
    const band = masthead.shapes.area(line.t, line.low, line.high, false);
    return [
      { ...base, ...band, mode: "none", fill: "toself", fillcolor: colour(`${line.colour}-area`) },
      {
        ...base, x: span, y: [1, 1], mode: "lines", name: "one",
        line: { color: colour("muted"), width: 1, dash: "dot" },
      },
      {
        ...base, x: line.t, y: line.last, mode: "lines+markers", connectgaps: false, name: "ratio",
        line: { color: colour(line.colour), width: 1.5 },
        marker: { color: colour(line.colour), size: line.t.length > 60 ? 0.1 : 3.4 },
      },
    ];
  };

  const extent = (lines) => {
    const all = lines.flatMap(({ low, high }) => [...low, ...high]).filter((value) => value !== null);
    return all.length ? [Math.min(1, ...all), Math.max(1, ...all)] : null;
  };

  const place = (line, ms) => {
    const at = line.t.length ? masthead.reading.nearest(line.t, ms) : -1;
    return at < 0 || Math.abs(line.t[at] - ms) > DAY / 2 ? null : at;
  };

  const sentence = (line, name) => {
    const { derived, format, t } = masthead;
    const at = line.last.findLastIndex((value) => value !== null);
    if (at < 0) return t("texts_none", { name });
    return t("ratio_sentence", {
      name, value: derived.amount(line, line.last[at]), band: derived.band(line, at), at: format.dayShort(line.t[at]),
      count: line.last.filter((value) => value === null).length,
    });
  };

  const notes = (loaded) =>
    pairs(loaded).flatMap(({ metric, parts }) => {
      const found = kept.get(key(metric, parts));
      const lead = `${title(metric, parts)}:`;
      if (found?.trouble) return [{ lead, text: masthead.t("ratio_failed") }];
      return found?.answer.note ? [{ lead, text: found.answer.note }] : [];
    });

  const bring = async (loaded) => {
    const { compare, log } = loaded.view;
    const asked = JSON.stringify(masthead.state.span(loaded.view));
    const missing = (compare || log ? [] : pairs(loaded)).filter(({ metric, parts }) => {
      const found = kept.get(key(metric, parts));
      return found?.version !== loaded.version || found.asked !== asked;
    });
    await Promise.all(
      missing.map(async ({ metric, parts }) => {
        const [source, other] = parts.map((part) => part.source);
        const span = masthead.state.span(loaded.view);
        const one = { version: loaded.version, asked };
        try {
          const answer = await masthead.data.derived("ratio", { source, other, metric: metric.key, ...span }, loaded);
          kept.set(key(metric, parts), { ...one, answer });
        } catch (trouble) {
          kept.set(key(metric, parts), { ...one, trouble });
        }
      }),
    );
    return missing.length > 0;
  };

  return { bring, extent, notes, others, panels, place, sentence, traces };
})();

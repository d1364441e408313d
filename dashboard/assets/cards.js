// The strip of five figures: value, change over the span, sparkline, rounding.
window.masthead = window.masthead || {};
masthead.cards = (() => {
  const { h, svg } = masthead.dom;
  const WIDTH = 112;
  const HEIGHT = 44;

  // Every metric, in the site's order.
  const all = () => JSON.parse(document.getElementById("cards").dataset.metrics);

  // "up", "down", "flat" and the words for it; null without two readings.
  const change = (metric, delta) => {
    const { format, t } = masthead;
    if (!delta) return null;
    const { change: by, percent, within_rounding: within } = delta;
    const since = t("change_from", {
      before: format.full(metric, delta.from.value),
      at: format.moment(delta.from.t),
      after: format.full(metric, delta.to.value),
      now: format.moment(delta.to.t),
    });
    if (within) return { way: "flat", words: t("within_rounding"), detail: "", since };
    if (by === 0) return { way: "flat", words: t("no_change"), detail: "", since };
    return {
      way: by > 0 ? "up" : "down",
      words: percent === null ? format.signed(metric, by) : format.percent(percent),
      detail: percent === null ? "" : format.signed(metric, by),
      since,
    };
  };

  const sparkline = (times, values, from, to) => {
    const read = values.filter((value) => value !== null);
    if (!read.length) return null;
    const low = Math.min(...read);
    const span = Math.max(...read) - low || 1;
    const flat = Math.max(...read) === low;
    const x = (ms) => (((ms - from) / (to - from || 1)) * (WIDTH - 8) + 4).toFixed(1);
    const y = (value) =>
      (flat ? HEIGHT / 2 : HEIGHT - 4 - ((value - low) / span) * (HEIGHT - 8)).toFixed(1);
    let path = "";
    let pen = "M";
    let last = null;
    values.forEach((value, index) => {
      if (value === null) {
        pen = "M";
        return;
      }
      // A reading alone has no length, but a round end.
      path += `${pen}${x(times[index])} ${y(value)}${pen === "M" ? "h0" : ""}`;
      pen = "L";
      last = index;
    });
    return svg(
      "svg",
      { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "xMinYMid", "aria-hidden": "true", focusable: "false" },
      svg("path", { d: path }),
      svg("circle", { cx: x(times[last]), cy: y(values[last]), r: 2.4 }),
    );
  };

  const valueText = (metric, reading) =>
    !reading || reading.value === null ? "—" : masthead.format.compact(metric, reading.value);

  const roundingText = (metric, reading) => {
    if (!reading || reading.value === null || !(reading.half_width > 0)) return "";
    return `±${masthead.format.compact(metric, reading.half_width, { minimumFractionDigits: 0 })}`;
  };

  const missing = (reading) =>
    masthead.t("not_read_why", { why: reading.problem || masthead.t("failed_no_reason") });

  const valueTitle = (metric, reading) => {
    if (!reading) return "";
    if (reading.value === null) return missing(reading);
    const shown = reading.shown ? ` · ${masthead.t("shown_as", { shown: reading.shown })}` : "";
    return masthead.format.full(metric, reading.value) + shown;
  };

  // What to say of a span with fewer than two readings: that the first is the first only if it is.
  const tooFew = (metric, { info, series }) => {
    if (series.metrics[metric.key].last.every((value) => value === null)) return "nothing_in_span";
    return info?.first_slot < series.from ? "one_in_span" : "first_reading";
  };

  const changeParts = (metric, reading, part) => {
    if (reading && reading.value === null) {
      return [h("span", { class: "warn" }, missing(reading))];
    }
    const moved = change(metric, part.series.deltas[metric.key]);
    if (!moved) return [h("span", { class: "flat" }, masthead.t(tooFew(metric, part)))];
    return [
      h("span", { class: moved.way, title: moved.since }, moved.words.replace(/^[+−]/, "")),
      moved.detail && h("span", { class: "by" }, moved.detail),
    ].filter(Boolean);
  };

  // When a figure was read last: by the newest look, or by an earlier one still in the span.
  const readAt = (metric, { latest, series }) => {
    if (latest.readings[metric.key]?.value != null) return latest.taken_at;
    const index = series?.metrics[metric.key]?.last.findLastIndex((value) => value !== null) ?? -1;
    return index < 0 ? null : series.t[index];
  };

  const age = (metric, part) => {
    const at = readAt(metric, part);
    if (at === null) return [];
    const { api, format, t } = masthead;
    const time = h(
      "time",
      { datetime: new Date(at).toISOString(), title: format.moment(at) },
      format.agoShort(at, api.now()),
    );
    return t.nodes("read_at", { ago: time });
  };

  const fill = (metric, card, part) => {
    const at = (name) => card.querySelector(`.${name}`);
    const { latest, series } = part;
    const reading = latest.readings[metric.key];
    // What is disputed is what a site prints; an API prints nothing.
    if (at("note")) at("note").hidden = latest.via === "api";
    at("value").textContent = valueText(metric, reading);
    at("value").title = valueTitle(metric, reading);
    at("rounding").textContent = roundingText(metric, reading);
    at("rounding").title = masthead.t("rounded");
    at("age").replaceChildren(...age(metric, part));
    if (!series?.metrics[metric.key]) return;
    const { t, metrics, from, to } = series;
    const spark = sparkline(t, metrics[metric.key].last, from, to);
    at("change").replaceChildren(...changeParts(metric, reading, part));
    at("spark").replaceChildren(...[spark].filter(Boolean));
  };

  // The strip is of one source: the first of those shown that was ever read.
  const shown = ({ parts }) => parts.find(({ latest }) => latest.readings);

  const render = (loaded) => {
    const part = shown(loaded);
    const given = part.info?.metrics || Object.keys(part.latest.readings);
    document.getElementById("cards").classList.toggle("few", given.length < all().length);
    for (const metric of all()) {
      const card = document.getElementById(`card-${metric.key}`);
      card.hidden = !given.includes(metric.key);
      if (!card.hidden) fill(metric, card, part);
    }
  };

  const tick = (loaded) => {
    const part = shown(loaded);
    for (const metric of part ? all() : []) {
      document.querySelector(`#card-${metric.key} .age`).replaceChildren(...age(metric, part));
    }
  };

  return { all, change, render, tick };
})();

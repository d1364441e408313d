// The strip of five figures: value, change over the span, sparkline, rounding.
window.masthead = window.masthead || {};
masthead.cards = (() => {
  const { h, svg } = masthead.dom;
  const WIDTH = 112;
  const HEIGHT = 44;

  const all = () => JSON.parse(document.getElementById("cards").dataset.metrics);
  // The metrics with these keys: a source has no place for what it never gives.
  const metrics = (keys) => all().filter(({ key }) => keys.includes(key));

  // "up", "down", "flat" and the words for it; null without two readings.
  const change = (metric, delta) => {
    const format = masthead.format;
    if (!delta) return null;
    const { change: by, percent, within_rounding: within } = delta;
    const since = `from ${format.full(metric, delta.from.value)} (${format.moment(delta.from.t)}) to ${format.full(metric, delta.to.value)} (${format.moment(delta.to.t)})`;
    if (within) return { way: "flat", words: "within rounding", detail: "", since };
    if (by === 0) return { way: "flat", words: "no change", detail: "", since };
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
      path += `${pen}${x(times[index])} ${y(value)}`;
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

  const valueTitle = (metric, reading) => {
    if (!reading) return "";
    if (reading.value === null) return `Not read: ${reading.problem || "no reason kept"}`;
    const shown = reading.shown ? `; the source showed “${reading.shown}”` : "";
    return masthead.format.full(metric, reading.value) + shown;
  };

  const changeParts = (metric, reading, delta) => {
    if (reading && reading.value === null) {
      return [h("span", { class: "warn" }, `Not read: ${reading.problem || "no reason kept"}`)];
    }
    const moved = change(metric, delta);
    if (!moved) return [h("span", { class: "flat" }, "first reading")];
    return [
      h("span", { class: moved.way, title: moved.since }, moved.words.replace(/^[+−]/, "")),
      moved.detail && h("span", { class: "by" }, moved.detail),
    ].filter(Boolean);
  };

  const render = (latest, given, loaded) => {
    document.getElementById("cards").classList.toggle("few", given.length < all().length);
    for (const metric of all()) {
      const card = document.getElementById(`card-${metric.key}`);
      const part = (name) => card.querySelector(`.${name}`);
      card.hidden = !given.includes(metric.key);
      if (card.hidden) continue;
      // What is disputed is what a site prints; an API prints nothing.
      if (part("note")) part("note").hidden = latest.via === "api";
      const reading = latest.readings?.[metric.key];
      part("value").textContent = valueText(metric, reading);
      part("rounding").textContent = roundingText(metric, reading);
      part("rounding").title = "Rounded: the true figure may lie this far off either way";
      part("value").title = valueTitle(metric, reading);
      if (!loaded?.series.metrics[metric.key]) continue;
      const { series } = loaded;
      const values = series.metrics[metric.key].last;
      part("change").replaceChildren(...changeParts(metric, reading, series.deltas[metric.key]));
      part("spark").replaceChildren(
        ...[sparkline(series.t, values, series.from, series.to)].filter(Boolean),
      );
    }
  };

  return { metrics, change, render };
})();

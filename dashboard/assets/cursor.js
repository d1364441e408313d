// Reading the chart: a line at the nearest reading through every panel, and what was read there.
// By pointer, by touch, and by the arrow keys while the chart has the focus.
window.masthead = window.masthead || {};
masthead.cursor = (() => {
  const { h } = masthead.dom;
  const WIDE = 250;
  let at = null;

  const part = (id) => document.getElementById(id);

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

  const lines = () => masthead.chart.drawn().panels.flatMap(({ lines: each }) => each);

  // Every time in sight at which something was looked at.
  const times = () => {
    const [from, to] = masthead.chart.drawn().span;
    const found = new Set(lines().flatMap(({ t }) => t));
    return [...found].filter((ms) => ms >= from && ms <= to).sort((one, other) => one - other);
  };

  const valueWords = (line, index) => {
    const { format, shapes, t } = masthead;
    const value = line.last[index];
    if (value === null) return t("not_read");
    const real = format.compact(line.metric, value * line.scale);
    if (line.scale !== 1) return `${format.number(value, { maximumFractionDigits: 1 })} (${real})`;
    const half = line.rolled ? 0 : shapes.half(line, index);
    return half ? `${real} ±${format.compact(line.metric, half, { minimumFractionDigits: 0 })}` : real;
  };

  const rangeWords = (line, index) => {
    const { format, t } = masthead;
    const [low, high] = [line.min?.[index], line.max?.[index]];
    if (!line.rolled || low === high || low === null || low === undefined) return null;
    const words = [low, high].map((one) => format.compact(line.metric, one * line.scale));
    return h("small", {}, t("between", { low: words[0], high: words[1] }));
  };

  const reasonWords = (line, index) => {
    const why = line.problems?.find(([time]) => time === line.t[index]);
    return why ? h("small", {}, why[1]) : null;
  };

  const rowOf = (line, ms, loaded) => {
    const index = nearest(line.t, ms);
    if (Math.abs(line.t[index] - ms) > line.every) return null;
    const name = [
      masthead.format.metric(line.metric), loaded.drawn.length > 1 && line.label,
    ].filter(Boolean).join(" · ");
    return h(
      "div",
      { class: "row" },
      h("i", { style: `background: var(--${line.colour})` }),
      h("span", {}, name),
      h("b", {}, valueWords(line, index)),
      rangeWords(line, index) || reasonWords(line, index),
    );
  };

  const outageAt = (ms) => {
    const { drawn } = masthead.chart.drawn().loaded;
    const found = drawn[0].series.outages?.find(({ from, to }) => ms >= from && ms < to);
    return found ? h("p", { class: "warn" }, masthead.outages.words(found)) : null;
  };

  const head = (ms) => {
    const { format, t } = masthead;
    const [line] = lines();
    const when = format.moment(ms);
    return h(
      "p",
      { class: "when" },
      line?.rolled ? t("up_to", { when, span: format.duration(line.every / 1000) }) : when,
    );
  };

  const dots = (ms) =>
    masthead.chart.drawn().panels.flatMap(({ lines: each, axis, top, height }) =>
      each.flatMap((line) => {
        const index = nearest(line.t, ms);
        const value = line.last[index];
        if (value === null || Math.abs(line.t[index] - ms) > line.every) return [];
        const y = top + height - masthead.figure.scale(axis, height).pixels(value);
        return [h("i", { style: `top: ${y.toFixed(1)}px; background: var(--${line.colour})` })];
      }),
    );

  const put = (ms, spoken) => {
    at = ms;
    masthead.lit.near(ms);
    const share = masthead.chart.share(ms);
    const { loaded } = masthead.chart.drawn();
    const line = part("cursor");
    const tip = part("tip");
    line.hidden = false;
    line.style.left = `calc(var(--plot-left) + ${share} * (100% - var(--plot-left) - var(--plot-right)))`;
    line.replaceChildren(...dots(ms));
    const rows = lines().map((each) => rowOf(each, ms, loaded)).filter(Boolean);
    const outage = rows.length ? null : outageAt(ms);
    tip.replaceChildren(head(ms), ...rows, ...(outage ? [outage] : []));
    tip.hidden = false;
    const { margin } = masthead.chart.drawn();
    const x = margin.l + share * masthead.chart.width();
    const width = Math.min(WIDE, tip.offsetWidth || WIDE);
    const room = part("chart-frame").clientWidth;
    const left = x + 14 + width > room ? x - 14 - width : x + 14;
    tip.style.left = `${Math.max(0, Math.min(left, room - width))}px`;
    if (spoken) part("spoken").textContent = [...tip.children].map((one) => one.textContent).join(". ");
  };

  const hide = () => {
    at = null;
    masthead.lit.near(null);
    for (const id of ["cursor", "tip"]) if (part(id)) part(id).hidden = true;
  };

  const point = (event) => {
    const drawn = masthead.chart.drawn();
    if (!drawn) return;
    const box = part("chart-box").getBoundingClientRect();
    const x = event.clientX - box.left - drawn.margin.l;
    if (x < -8 || x > masthead.chart.width() + 8) {
      hide();
      return;
    }
    const ms = masthead.chart.timeAt(x);
    const known = times();
    if (known.length) put(known[nearest(known, ms)], false);
  };

  const step = (by) => {
    const known = times();
    if (!known.length) return;
    const now = at === null ? (by > 0 ? -1 : known.length) : nearest(known, at);
    put(known[Math.max(0, Math.min(known.length - 1, now + by))], true);
  };

  const zoomBy = (factor) => {
    const [from, to] = masthead.chart.drawn().span;
    const middle = at ?? (from + to) / 2;
    masthead.chart.look(middle - (middle - from) * factor, middle + (to - middle) * factor);
  };
  const pan = (by) => {
    const [from, to] = masthead.chart.drawn().span;
    masthead.chart.look(from + by * (to - from), to + by * (to - from));
  };

  const KEYS = {
    ArrowLeft: (event) => (event.shiftKey ? pan(-0.25) : step(-1)),
    ArrowRight: (event) => (event.shiftKey ? pan(0.25) : step(1)),
    PageUp: () => step(-24),
    PageDown: () => step(24),
    Home: () => step(-Infinity),
    End: () => step(Infinity),
    "+": () => zoomBy(0.5),
    "=": () => zoomBy(0.5),
    "-": () => zoomBy(2),
    0: () => masthead.chart.reset(),
    Escape: hide,
  };

  const key = (event) => {
    const does = KEYS[event.key];
    if (!does || !masthead.chart.drawn() || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    does(event);
  };

  const listen = (event, handle) =>
    document.addEventListener(event, (one) => one.target.closest?.("#chart-box") && handle(one));
  listen("pointermove", point);
  listen("pointerdown", point);
  listen("keydown", key);
  listen("dblclick", () => masthead.chart.reset());
  document.addEventListener("pointerout", (event) => {
    const inside = (one) => one?.closest?.("#chart-box");
    if (inside(event.target) && !inside(event.relatedTarget)) hide();
  });

  return { hide };
})();

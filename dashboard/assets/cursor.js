// Reading the chart: a line at the nearest reading through every panel, and what was read there.
// By pointer, by touch, and by the keys while the chart has the focus.
window.masthead = window.masthead || {};
masthead.cursor = (() => {
  const { h } = masthead.dom;
  const AWAY = 14;
  const EDGE = 4;
  const STILL = 200;
  const SLIP = 10;
  let at = null;
  let panel = 0;
  let pointer = null;
  let moving = null;
  let pressed = null;
  let speaking = 0;

  const part = (id) => document.getElementById(id);
  const drawn = () => masthead.chart.drawn();

  // Said once the keys rest: a held key would flood the voice.
  const say = (text) => {
    clearTimeout(speaking);
    speaking = setTimeout(() => {
      part("spoken").textContent = text;
    }, STILL);
  };

  const dots = (ms) =>
    drawn().panels.flatMap(({ lines, axis, top, height }) =>
      lines.flatMap((line) => {
        const place = masthead.reading.place(line, ms);
        if (place === null || line.last[place] === null) return [];
        const y = top + height - masthead.figure.scale(axis, height).pixels(line.last[place]);
        return [h("i", { style: `top: ${y.toFixed(1)}px; background: var(--${line.colour})` })];
      }),
    );

  const row = ({ colour, name, value, note }) =>
    h(
      "div",
      { class: "row" },
      h("i", { style: `background: var(--${colour})` }),
      h("span", {}, name),
      h("b", {}, value),
      note ? h("small", {}, note) : null,
    );

  // Beside the line and the pointer, else over or under the pointer; always inside the frame.
  const place = (x) => {
    const tip = part("tip");
    const frame = tip.parentElement.getBoundingClientRect();
    const { offsetWidth: width, offsetHeight: height } = tip;
    const low = Math.max(0, EDGE - frame.top);
    const high = Math.max(low, Math.min(frame.height, window.innerHeight - frame.top - EDGE) - height);
    const within = (value, from, to) => Math.max(from, Math.min(to, value));
    const own = pointer || { x, y: low };
    const [first, last] = [Math.min(x, own.x) - AWAY, Math.max(x, own.x) + AWAY];
    let left = last + width <= frame.width ? last : first - width;
    let top = own.y - height / 2;
    if (left < 0) {
      left = x - width / 2;
      top = own.y - AWAY - height >= low ? own.y - AWAY - height : own.y + AWAY;
      if (!pointer) top = low;
      tip.style.top = `${within(top, 0, Math.max(0, frame.height - height))}px`;
    } else tip.style.top = `${within(top, low, high)}px`;
    tip.style.left = `${within(left, 0, frame.width - width)}px`;
  };

  const show = (ms, spoken) => {
    const line = part("cursor");
    const tip = part("tip");
    const share = masthead.chart.share(ms);
    if (at !== ms || tip.hidden || spoken) {
      const read = masthead.reading.at(drawn(), ms, panel);
      line.style.left = `calc(var(--plot-left) + ${share} * (100% - var(--plot-left) - var(--plot-right)))`;
      line.replaceChildren(...dots(ms));
      tip.replaceChildren(
        h("p", { class: "when" }, read.when),
        ...read.rows.map(row),
        ...(read.gap ? [h("p", { class: "warn" }, read.gap)] : []),
      );
      if (spoken) say(masthead.reading.words(read));
      masthead.lit.near(ms);
    }
    at = ms;
    line.hidden = false;
    tip.hidden = false;
    place(drawn().margin.l + share * masthead.chart.width());
  };

  const clear = () => {
    at = null;
    pointer = null;
    cancelAnimationFrame(moving);
    masthead.lit.near(null);
    for (const id of ["cursor", "tip"]) if (part(id)) part(id).hidden = true;
  };

  const hide = () => {
    clearTimeout(speaking);
    clear();
  };

  // After another drawing: where it was, if that is still in sight.
  const again = () => {
    const ms = at;
    clear();
    const share = ms === null ? -1 : masthead.chart.share(ms);
    if (share >= 0 && share <= 1 && part("chart-box").contains(document.activeElement)) show(ms, false);
  };

  const panelAt = (y) =>
    Math.max(0, drawn().panels.findLastIndex(({ top }) => y >= top - 30));

  const point = ({ clientX, clientY }) => {
    const box = part("chart-box").getBoundingClientRect();
    const x = clientX - box.left - drawn().margin.l;
    if (x < -8 || x > masthead.chart.width() + 8) {
      hide();
      return;
    }
    const { gapAt, nearest, stops } = masthead.reading;
    const [from, to] = drawn().span;
    const ms = Math.max(from, Math.min(to, masthead.chart.timeAt(x)));
    const known = stops(drawn());
    const under = panelAt(clientY - box.top);
    if (under !== panel) at = null;
    panel = under;
    pointer = { x: clientX - box.left, y: clientY - box.top };
    if (gapAt(drawn(), ms)) show(ms, false);
    else if (known.length) show(known[nearest(known, ms)], false);
  };

  const step = (by) => {
    const known = masthead.reading.stops(drawn());
    if (!known.length) return;
    pointer = null;
    const now = at === null ? (by > 0 ? -1 : known.length) : masthead.reading.nearest(known, at);
    show(known[Math.max(0, Math.min(known.length - 1, now + by))], true);
  };

  const choose = (by) => {
    panel = Math.max(0, Math.min(drawn().panels.length - 1, panel + by));
    pointer = null;
    if (at === null) step(Infinity);
    else show(at, true);
  };

  const look = (from, to) => {
    const { format, t } = masthead;
    masthead.chart.look(from, to);
    say(t("note_zoom", { from: format.moment(from), to: format.moment(to) }));
  };
  const zoomBy = (factor) => {
    const [from, to] = drawn().span;
    const middle = at ?? (from + to) / 2;
    look(middle - (middle - from) * factor, middle + (to - middle) * factor);
  };
  const pan = (by) => {
    const [from, to] = drawn().span;
    look(from + by * (to - from), to + by * (to - from));
  };

  const KEYS = {
    ArrowLeft: (event) => (event.shiftKey ? pan(-0.25) : step(-1)),
    ArrowRight: (event) => (event.shiftKey ? pan(0.25) : step(1)),
    ArrowUp: () => choose(-1),
    ArrowDown: () => choose(1),
    PageUp: () => step(-24),
    PageDown: () => step(24),
    Home: () => step(-Infinity),
    End: () => step(Infinity),
    "+": () => zoomBy(0.5),
    "=": () => zoomBy(0.5),
    "-": () => zoomBy(2),
    0: () => {
      masthead.chart.reset();
      say(masthead.t("whole_span"));
    },
    Escape: hide,
  };

  const key = (event) => {
    const does = KEYS[event.key];
    if (!does || !drawn() || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    does(event);
  };

  // A finger that scrolls the page shows nothing; one that taps does, and a tap elsewhere hides.
  const lift = (event) => {
    const slipped = !pressed || Math.hypot(event.clientX - pressed.x, event.clientY - pressed.y) > SLIP;
    pressed = null;
    if (!slipped) point(event);
  };
  const inside = (one) => Boolean(one?.closest?.("#chart-box"));
  const touch = ({ pointerType }) => pointerType === "touch";

  document.addEventListener("pointermove", (event) => {
    if (!inside(event.target) || touch(event) || !drawn()) return;
    cancelAnimationFrame(moving);
    moving = requestAnimationFrame(() => point(event));
  });
  document.addEventListener("pointerdown", (event) => {
    pressed = { x: event.clientX, y: event.clientY };
    if (!inside(event.target)) hide();
  });
  document.addEventListener("pointerup", (event) => {
    if (inside(event.target) && touch(event) && drawn()) lift(event);
  });
  // Plotly would take a finger for a mouse that zooms, and the page could not be scrolled.
  const keepFromPlotly = (event) => inside(event.target) && event.stopPropagation();
  document.addEventListener("touchstart", keepFromPlotly, { capture: true, passive: true });
  document.addEventListener("pointercancel", () => {
    pressed = null;
  });
  document.addEventListener("pointerout", (event) => {
    if (!touch(event) && inside(event.target) && !inside(event.relatedTarget)) hide();
  });
  document.addEventListener("keydown", (event) => inside(event.target) && key(event));
  document.addEventListener("focusout", (event) => inside(event.target) && hide());
  // Plotly takes the second press of a double click for a drag of its own: no dblclick follows.
  document.addEventListener(
    "mousedown",
    (event) => event.detail === 2 && inside(event.target) && masthead.chart.reset(),
    true,
  );

  return { again };
})();

// Marks along the time axis: those that would touch merge, one is the Tab stop, arrows move on.
window.masthead = window.masthead || {};
masthead.marks = (() => {
  const { arrange, h } = masthead.dom;
  const SIZE = 24;

  // What of the axis a mark takes: its widest item, or a finger's width round their middle.
  const extent = (spots) => {
    const widest = spots.reduce((one, other) => (other.x1 - other.x0 > one.x1 - one.x0 ? other : one));
    if (widest.x1 - widest.x0 > SIZE) return [widest.x0, widest.x1];
    const middle = spots.reduce((sum, { x0, x1 }) => sum + (x0 + x1) / 2, 0) / spots.length;
    return [middle - SIZE / 2, middle + SIZE / 2];
  };

  // Spots [{x0, x1}] from left to right become marks that do not touch, each of one or several.
  const merge = (spots) => {
    const marks = [];
    for (const spot of spots) {
      const before = marks.at(-1);
      if (before && extent([spot])[0] < before.right) before.spots.push(spot);
      else marks.push({ spots: [spot] });
      const mark = marks.at(-1);
      [mark.left, mark.right] = extent(mark.spots);
    }
    return marks.map(({ spots: of, left, right }) => ({
      key: of[0].key, items: of.map(({ item }) => item), left, right,
    }));
  };

  const KEYS = {
    ArrowLeft: (at) => at - 1,
    ArrowUp: (at) => at - 1,
    ArrowRight: (at) => at + 1,
    ArrowDown: (at) => at + 1,
    Home: () => 0,
    End: () => Infinity,
  };

  // A lane of marks in the element `id`. The lane's owner gives `name` (its words), `dress(button,
  // mark)`, `point(mark | null, how, button)` and `press(mark, button)`.
  const lane = ({ id, name, dress, point, press }) => {
    const made = new Map();
    let marks = [];
    let stop = null;
    let box = null;

    const by = (button) => marks.find(({ key }) => key === button?.dataset.key);
    const buttonAt = (event) => event.target.closest?.("button.mark");

    const hold = (key) => {
      stop = key;
      for (const [each, button] of made) button.tabIndex = each === stop ? 0 : -1;
    };

    const move = (event) => {
      const to = KEYS[event.key];
      if (!to || !buttonAt(event)) return;
      event.preventDefault();
      const at = marks.indexOf(by(buttonAt(event)));
      const mark = marks[Math.max(0, Math.min(marks.length - 1, to(at)))];
      made.get(mark.key).focus();
    };

    const listen = () => {
      box.addEventListener("keydown", move);
      box.addEventListener("click", (event) => {
        const button = buttonAt(event);
        if (button) press(by(button), button);
      });
      box.addEventListener("focusin", (event) => {
        hold(buttonAt(event).dataset.key);
        point(by(buttonAt(event)), "focus", buttonAt(event));
      });
      box.addEventListener("focusout", () => point(null, "focus"));
      box.addEventListener("pointerover", (event) => {
        const button = event.pointerType === "touch" ? null : buttonAt(event);
        if (button) point(by(button), "pointer", button);
      });
      box.addEventListener("pointerout", (event) => {
        if (!masthead.hint.holds(event.relatedTarget, () => point(null, "pointer"))) {
          point(null, "pointer");
        }
      });
    };

    const start = () => {
      box = h("div", { class: "marks", role: "toolbar" });
      document.getElementById(id).append(box);
      listen();
    };

    const button = (mark) => {
      if (!made.has(mark.key)) {
        made.set(mark.key, h("button", { type: "button", class: "mark", "data-key": mark.key }));
      }
      const one = made.get(mark.key);
      const wide = masthead.chart.width();
      one.style.left = `${((100 * mark.left) / wide).toFixed(4)}%`;
      one.style.width = `${((100 * (mark.right - mark.left)) / wide).toFixed(4)}%`;
      dress(one, mark);
      return one;
    };

    // Draw the items as marks: `spots` [{key, item, x0, x1}], in pixels of the plot, in time order.
    const render = (spots) => {
      if (!box) start();
      const held = box.contains(document.activeElement) ? document.activeElement.dataset.key : null;
      marks = merge(spots);
      box.hidden = !marks.length;
      box.setAttribute("aria-label", name());
      const buttons = marks.map(button);
      arrange(box, buttons);
      for (const key of made.keys()) if (!marks.some((mark) => mark.key === key)) made.delete(key);
      hold(made.has(stop) ? stop : marks.at(-1)?.key);
      if (held && !made.has(held)) {
        const heir = spots.some(({ key }) => key === held) && marks.find(({ items, key }) =>
          key === held || spots.some((spot) => spot.key === held && items.includes(spot.item)));
        if (heir) made.get(heir.key).focus();
      }
    };

    return { render, buttons: () => marks.map((mark) => [mark, made.get(mark.key)]) };
  };

  // The days from one time to another: "5 Nov – 7 Nov", the year said where it is not that of now.
  const days = (from, to) => {
    const { api, format } = masthead;
    const now = format.date(api.now(), { year: "numeric" });
    const day = (ms) =>
      format.date(ms, {
        day: "numeric",
        month: "short",
        ...(format.date(ms, { year: "numeric" }) === now ? {} : { year: "numeric" }),
      });
    return day(from) === day(to) ? day(from) : `${day(from)} – ${day(to)}`;
  };

  return { days, lane };
})();

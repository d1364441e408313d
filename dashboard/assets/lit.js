// What is lit on both sides: headlines in the list, their marks over the charts, a line at their hour.
window.masthead = window.masthead || {};
masthead.lit = (() => {
  const NEAR = 6;
  // What lights something, those first whose line is drawn; the cursor has a line of its own.
  const BY = ["pointer", "focus", "kept"];
  const held = new Map();

  const line = () => {
    const element = document.getElementById("news-line");
    const known = (one) => one && one.ids.some(masthead.headlines.shows);
    const found = BY.map((by) => held.get(by)).find(known);
    const share = found && masthead.chart.drawn() ? masthead.chart.share(found.at) : -1;
    element.hidden = !(share >= 0 && share <= 1);
    if (!element.hidden) {
      element.style.left =
        `calc(var(--plot-left) + ${share} * (100% - var(--plot-left) - var(--plot-right)))`;
    }
  };

  // Show on the page what is lit; after either side was drawn again as well.
  const refresh = () => {
    if (!document.getElementById("news-line")) return;
    const ids = new Set([...held.values()].flatMap(({ ids: each }) => each));
    masthead.headlines.light(ids);
    masthead.rail.light(ids);
    line();
  };

  // Light these headlines (none: no longer) as pointed at, focused or kept; the line stands at
  // `moment`, else amid them.
  const by = (way, headlines, moment = null) => {
    if (!headlines.length && !held.has(way)) return;
    if (headlines.length) {
      const amid = headlines.reduce((sum, one) => sum + one.at, 0) / headlines.length;
      held.set(way, { ids: headlines.map(({ id }) => id), at: moment ?? amid });
    } else held.delete(way);
    refresh();
  };

  // Those at the reading the cursor stands at, or a few pixels from it; null when it is gone.
  const near = (ms) => {
    if (ms === null) {
      by("cursor", []);
      return;
    }
    const { loaded, span } = masthead.chart.drawn();
    const { every_s: every, resolution_s: point } = loaded.drawn[0].series;
    const pixels = (NEAR * (span[1] - span[0])) / masthead.chart.width();
    const most = Math.max(pixels, 500 * Math.max(every, point));
    by("cursor", masthead.headlines.found().filter(({ at }) => Math.abs(at - ms) <= most));
  };

  const kept = () => held.get("kept")?.ids ?? [];

  document.addEventListener("click", ({ target }) => {
    if (!target.closest?.("#rail, #headlines, #hint")) by("kept", []);
  });
  document.addEventListener("keydown", ({ key }) => key === "Escape" && by("kept", []));

  return { by, kept, near, refresh };
})();

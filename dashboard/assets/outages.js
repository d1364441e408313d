// The outages as bars over the charts, their causes in words, and their time shaded in the charts.
window.masthead = window.masthead || {};
masthead.outages = (() => {
  const { h } = masthead.dom;
  const WORDY = 90;
  const MOST = 5;

  // "3 Oct 2026, 04:00 – 09:00 UTC"; both days where they differ.
  const span = ({ from, to }) => {
    const { format } = masthead;
    const [first, last] = [format.dayShort(from), format.dayShort(to)];
    const end = first === last ? format.time(to) : `${last}, ${format.time(to)}`;
    return `${first}, ${format.time(from)} – ${end} ${format.zoneAt(to)}`;
  };

  // The cause in words; one that this page does not know by what the collector said.
  const why = ({ cause, message }) => {
    const key = `outage_${cause}`;
    const known = cause && cause !== "failed" && masthead.t(key);
    if (known && known !== key) return known;
    return message ? masthead.rail.apart(message) : masthead.t("outage_failed");
  };

  // One sentence: when nothing was read, why, and after how many tries.
  const words = (outage) => {
    const values = { span: span(outage), why: why(outage), count: outage.runs };
    return masthead.t(outage.runs ? "outage_tried" : "outage_words", values);
  };

  const dress = (button, { items, left, right }) => {
    const { marks, t } = masthead;
    const alone = items.length === 1;
    const label = alone
      ? words(items[0])
      : t("outage_count", { count: items.length, days: marks.days(items[0].from, items.at(-1).to) });
    const face = alone ? right - left >= WORDY && why(items[0]) : String(items.length);
    button.classList.toggle("several", !alone);
    button.setAttribute("aria-label", label);
    button.replaceChildren(...(face ? [h("span", { "aria-hidden": "true" }, face)] : []));
  };

  const within = (ms) => Math.max(0, Math.min(1, masthead.chart.share(ms)));
  const place = ({ from, to }) =>
    `left: ${(100 * within(from)).toFixed(4)}%; width: ${(100 * (within(to) - within(from))).toFixed(4)}%`;

  const shade = (items) =>
    document
      .getElementById("outage-bands")
      .replaceChildren(...items.map((one) => h("i", { style: place(one) })));

  const point = (mark, _how, button) => {
    shade(mark ? mark.items : []);
    if (!mark) {
      masthead.hint.hide();
      return;
    }
    const rest = mark.items.length - MOST;
    const more = rest > 0 ? [h("p", {}, masthead.t("news_rest", { count: rest }))] : [];
    const lines = mark.items.slice(0, MOST).map((one) => h("p", { dir: "auto" }, words(one)));
    masthead.hint.show(button, ...lines, ...more);
  };

  const lane = masthead.marks.lane({
    id: "outages", name: () => masthead.t("outages"), dress, point, press: point,
  });

  // When something was due and not read. Between the captures of an archive nothing was due: the
  // line is open there, and that is all.
  const due = ({ outages }) => outages.filter(({ cause }) => cause !== "no_capture");

  // Those of the first source that is drawn, like the bands in the charts.
  const render = (loaded) => {
    const { chart } = masthead;
    const width = chart.drawn() ? chart.width() : 0;
    if (width <= 0 || !loaded) return;
    const box = document.getElementById("outages");
    if (!box.firstChild) box.append(h("div", { class: "bars", "aria-hidden": "true" }));
    const seen = due(loaded.drawn[0].series).filter(({ from, to }) => chart.share(from) < 1 && chart.share(to) > 0);
    box.firstChild.replaceChildren(...seen.map((one) => h("i", { style: place(one) })));
    const spots = seen.map((item) => ({
      key: String(item.from), item, x0: within(item.from) * width, x1: within(item.to) * width,
    }));
    lane.render(spots);
  };

  return { due, render, words };
})();

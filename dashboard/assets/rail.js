// The headlines as marks over the charts; one mark a headline, or for several that would touch.
window.masthead = window.masthead || {};
masthead.rail = (() => {
  const { h } = masthead.dom;
  const MOST = 4;

  // Foreign text inside a sentence of ours: what it does to the writing's direction ends with it.
  const apart = (text) => `\u2068${text}\u2069`;

  const label = ({ items }) => {
    const { format, marks, t } = masthead;
    const [first, last] = [items[0], items.at(-1)];
    return items.length === 1
      ? t("news_mark", { title: apart(first.title), when: format.moment(first.at) })
      : t("news_count", { count: items.length, days: marks.days(first.at, last.at) });
  };

  const dress = (button, mark) => {
    const { length } = mark.items;
    button.classList.toggle("several", length > 1);
    button.classList.toggle("hundreds", length > 99);
    button.setAttribute("aria-label", label(mark));
    button.replaceChildren(h("i", { "aria-hidden": "true" }, length > 1 ? String(length) : null));
  };

  const words = ({ items }) => {
    const { format, marks, t } = masthead;
    const newest = [...items].reverse();
    const rest = items.length - MOST;
    const lines = newest.slice(0, MOST).map((one) =>
      h(
        "p",
        {},
        h("time", {}, `${marks.days(one.at, one.at)}, ${format.time(one.at)}`),
        h("span", { dir: "auto" }, one.title),
      ),
    );
    return rest > 0 ? [...lines, h("p", {}, t("news_rest", { count: rest }))] : lines;
  };

  const point = (mark, how, button) => {
    masthead.lit.by(how, mark ? mark.items : []);
    if (mark) masthead.hint.show(button, ...words(mark));
    else masthead.hint.hide();
  };

  const press = (mark) => {
    masthead.hint.hide();
    masthead.lit.by("kept", mark.items);
    masthead.headlines.bring(mark.items.at(-1).id);
  };

  const lane = masthead.marks.lane({
    id: "rail", name: () => masthead.t("news_rail"), dress, point, press,
  });

  const inSight = (spot, width) => spot.x0 >= 0 && spot.x0 <= width;

  // The headlines that are found, where the chart was drawn for what is loaded.
  const render = (loaded) => {
    const { chart, headlines, lit, search, t } = masthead;
    const width = chart.drawn() ? chart.width() : 0;
    if (width <= 0 || !loaded) return;
    const rail = document.getElementById("rail");
    if (!rail.firstChild) rail.append(h("span", { class: "lane-name", "aria-hidden": "true" }));
    rail.firstChild.textContent = t("news");
    const spots = search
      .found(headlines.newest(loaded))
      .map((item) => ({ key: item.id, item, x0: chart.share(item.at) * width }))
      .map((spot) => ({ ...spot, x1: spot.x0 }))
      .filter((spot) => inSight(spot, width));
    lane.render(spots.reverse());
    lit.refresh();
  };

  const light = (ids) => {
    for (const [{ items }, button] of lane.buttons()) {
      button.classList.toggle("lit", items.some(({ id }) => ids.has(id)));
    }
  };

  // Back to the mark of a headline.
  const focus = (id) => {
    const found = lane.buttons().find(([{ items }]) => items.some((one) => one.id === id));
    found?.[1].focus();
  };

  return { apart, focus, light, render };
})();

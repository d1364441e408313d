// The list of headlines by day: what is there already stays, with its focus and open summaries.
window.masthead = window.masthead || {};
masthead.headlines = (() => {
  const { arrange, h } = masthead.dom;
  const FIRST = 40;
  const entries = new Map();
  const days = new Map();
  const opened = new Set();
  let loaded = null;
  let list = [];
  let whole = "";
  let all = false;
  let giving = true;

  const box = () => document.getElementById("headlines");

  const newest = ({ headlines }) => headlines.slice(0, masthead.state.HEADLINES);

  // Several sources: each headline says whose it is.
  const sourceOf = (one) => {
    if (loaded.parts.length < 2) return null;
    const { info } = loaded.parts.find(({ source }) => source === one.source);
    return masthead.format.source(info || one);
  };

  // Put the focus back where it was when an entry is filled again.
  const refill = (entry, one, source, now) => {
    const at = [...entry.querySelectorAll("a, summary")].indexOf(document.activeElement);
    masthead.story.fill(entry, one, source, now, opened.has(one.id));
    if (at >= 0) entry.querySelectorAll("a, summary")[at]?.focus({ preventScroll: true });
  };

  const entryOf = (one, now) => {
    const known = entries.get(one.id);
    const source = sourceOf(one);
    const text = masthead.story.text(one, source, now);
    const entry = known?.entry || h("li", { "data-id": one.id, tabindex: -1 });
    if (known?.text !== text) refill(entry, one, source, now);
    entries.set(one.id, { entry, one, text });
    return entry;
  };

  const dayOf = (name) => {
    if (!days.has(name)) days.set(name, [h("h3", {}, name), h("ul", {})]);
    return days.get(name);
  };

  const grouped = (now) => {
    const groups = new Map();
    for (const one of all ? list : list.slice(0, FIRST)) {
      const day = masthead.format.day(one.at, now);
      groups.set(day, [...(groups.get(day) || []), entryOf(one, now)]);
    }
    for (const name of days.keys()) if (!groups.has(name)) days.delete(name);
    return [...groups].flatMap(([day, items]) => {
      const parts = dayOf(day);
      arrange(parts[1], items);
      return parts;
    });
  };

  const button = (words, press) => {
    const made = h("button", { class: "button", type: "button" }, words);
    made.addEventListener("click", press);
    return made;
  };

  // What stands where the list would be, or below it.
  const rest = () => {
    const { search, t } = masthead;
    const hint = (key, values) => h("p", { class: "hint" }, t(key, values));
    if (!newest(loaded).length) {
      return [giving ? hint("news_none") : hint("news_never", { count: loaded.parts.length })];
    }
    if (!list.length) return [hint("news_no_match"), button(t("news_clear"), search.clear)];
    const more = all ? 0 : list.length - FIRST;
    return more > 0 ? [button(t("news_more", { count: more }), showRest)] : [];
  };

  // The entry at the top of the list stays where it is on screen while others come above it.
  const still = (change) => {
    const { scrollTop } = box();
    const top = box().getBoundingClientRect().top;
    const anchor = scrollTop > 0 && [...box().querySelectorAll("li")].find(
      (entry) => entry.getBoundingClientRect().bottom > top,
    );
    const before = anchor && anchor.getBoundingClientRect().top;
    change();
    if (anchor?.isConnected) box().scrollTop += anchor.getBoundingClientRect().top - before;
  };

  const draw = () => {
    const { api, lit, search } = masthead;
    const total = newest(loaded);
    list = search.found(total);
    still(() => arrange(box(), [...grouped(api.now()), ...rest()]));
    for (const [id, { entry }] of entries) if (!entry.isConnected) entries.delete(id);
    search.render(list.length, total.length);
    lit.refresh();
  };

  const showRest = () => {
    const first = list[FIRST].id;
    all = true;
    draw();
    focusOn(entries.get(first).entry);
  };

  const focusOn = (entry) => (entry.querySelector("a") || entry).focus({ preventScroll: true });

  // Whether the sources of an empty list ever gave a headline; asked only then.
  const ask = async (asked) => {
    const answers = await Promise.all(
      asked.parts.map(({ source }) =>
        masthead.api.get("headlines", { source, range: "all", limit: 1 }).catch(() => null),
      ),
    );
    if (asked !== loaded) return;
    giving = answers.some((answer) => !answer || answer.headlines.length);
    draw();
  };

  const note = () => {
    const { state, t } = masthead;
    const cut = loaded.cut || loaded.headlines.length > state.HEADLINES;
    const count = newest(loaded).length;
    document.getElementById("news-note").textContent =
      cut ? t("news_cut", { count }) : count ? t("news_note") : "";
  };

  const render = (fresh) => {
    if (!box().dataset.ready) listen();
    const { parts, view } = fresh;
    const span = JSON.stringify([view.range, view.zoom, parts.map(({ source }) => source)]);
    if (span !== whole) [whole, all, giving] = [span, false, true];
    loaded = fresh;
    note();
    draw();
    if (!loaded.headlines.length) ask(loaded);
  };

  // What is searched for has changed.
  const search = () => {
    if (!loaded) return;
    all = false;
    draw();
    masthead.rail.render(loaded);
  };

  const entryAt = ({ target }) => entries.get(target.closest?.("li")?.dataset.id);
  const light = (ids) => {
    for (const [id, { entry }] of entries) entry.classList.toggle("lit", ids.has(id));
  };

  const listen = () => {
    const { lit, rail } = masthead;
    box().dataset.ready = "yes";
    const point = (way) => (event) => {
      const found = entryAt(event);
      lit.by(way, found ? [found.one] : []);
    };
    box().addEventListener("mouseover", point("pointer"));
    box().addEventListener("mouseleave", () => lit.by("pointer", []));
    box().addEventListener("focusin", point("focus"));
    box().addEventListener("focusout", () => lit.by("focus", []));
    box().addEventListener("click", (event) => {
      const summary = event.target.closest("summary");
      if (summary) opened[summary.parentElement.open ? "delete" : "add"](entryAt(event).one.id);
    });
    box().addEventListener("keydown", (event) => {
      const id = event.key === "Escape" && entryAt(event)?.one.id;
      if (id && lit.kept().includes(id)) rail.focus(id);
    });
  };

  // Where the list scrolls by itself only it moves; where it stands below the charts the page does.
  const bring = (id, focus = true) => {
    const at = list.findIndex((one) => one.id === id);
    if (at < 0) return;
    if (at >= FIRST && !all) {
      all = true;
      draw();
    }
    const { entry } = entries.get(id);
    const top = entry.getBoundingClientRect().top - box().getBoundingClientRect().top;
    box().scrollTop += top - box().clientHeight / 3;
    if (!focus) return;
    const charts = document.getElementById("charts").getBoundingClientRect();
    if (box().getBoundingClientRect().top >= charts.bottom) entry.scrollIntoView({ block: "center" });
    focusOn(entry);
  };

  return {
    bring, light, newest, render, search,
    found: () => list,
    shows: (id) => list.some((one) => one.id === id),
  };
})();

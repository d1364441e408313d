// One headline as an entry of the list: its hour, its title with the link, who wrote it, its summary.
window.masthead = window.masthead || {};
masthead.story = (() => {
  const { h, link } = masthead.dom;

  // How well its publication is known, where it is not known exactly.
  const published = (one, now) => {
    if (one.exact) return null;
    const { format, t } = masthead;
    if (one.published_from === null && one.published_to === null) return t("news_undated");
    const from = one.published_from ?? one.published_to;
    const to = one.published_to ?? one.published_from;
    return t("news_about", { ago: format.ago((from + to) / 2, now) });
  };

  const when = (one) => {
    const time = h(
      "time",
      { datetime: new Date(one.at).toISOString(), title: masthead.format.moment(one.at) },
      masthead.format.time(one.at),
    );
    return h("div", { class: "when" }, one.exact ? null : h("small", {}, masthead.t("news_seen")), time);
  };

  const by = (one, source, now) => {
    const parts = [
      one.author && h("bdi", {}, masthead.search.marked(one.author)),
      source && h("bdi", {}, source),
      published(one, now),
      one.summary && h("span", { class: "more" }, masthead.t("news_summary")),
    ].filter(Boolean);
    return parts.flatMap((part, place) => (place ? [" · ", part] : [part]));
  };

  // Below the title: who and when, which opens the summary where there is one.
  const below = (one, source, now, open) => {
    const words = by(one, source, now);
    if (!one.summary) return words.length ? h("p", { class: "by" }, words) : null;
    return h(
      "details",
      { open },
      h("summary", { class: "by" }, words),
      h("p", { dir: "auto" }, masthead.search.marked(one.summary)),
    );
  };

  // Everything that an entry says: the same text needs no new entry.
  const text = (one, source, now) => {
    const { format, search, t } = masthead;
    return JSON.stringify([
      one.title, one.url, one.author, one.summary, one.lead, source, search.words(), t.language(),
      format.moment(one.at), published(one, now),
    ]);
  };

  const fill = (entry, one, source, now, open) => {
    entry.classList.toggle("lead", Boolean(one.lead));
    const title = link(masthead.search.marked(one.title), one.url);
    entry.replaceChildren(
      when(one),
      h("div", {}, h("p", { class: "title", dir: "auto" }, title), below(one, source, now, open)),
    );
  };

  return { fill, text };
})();

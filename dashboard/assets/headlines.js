// The list of headlines by day, and its two-way tie to the dots of the chart.
window.masthead = window.masthead || {};
masthead.headlines = (() => {
  const { h, link } = masthead.dom;
  const FIRST = 40;
  let shown = "";
  let all = false;
  let list = [];

  const published = (one, now) => {
    if (one.exact) return "";
    const { format } = masthead;
    if (one.published_from === null && one.published_to === null) return "date not given";
    const from = one.published_from ?? one.published_to;
    const to = one.published_to ?? one.published_from;
    return `published about ${format.ago((from + to) / 2, now)}`;
  };

  const when = (one) => {
    const { format } = masthead;
    const time = h("time", { datetime: new Date(one.at).toISOString() }, format.time(one.at));
    return h("div", { class: "when" }, one.exact ? null : h("small", {}, "seen"), time);
  };

  const item = (one, index, now) =>
    h(
      "li",
      { "data-index": index, class: one.lead ? "lead" : null },
      when(one),
      h(
        "div",
        {},
        h("p", { class: "title" }, link(one.title, one.url)),
        h("p", { class: "by" }, [one.author, published(one, now)].filter(Boolean).join(" · ")),
        one.summary &&
          h("details", {}, h("summary", {}, "Summary"), h("p", {}, one.summary)),
      ),
    );

  const days = (now) => {
    const { format } = masthead;
    const groups = new Map();
    list.slice(0, all ? list.length : FIRST).forEach((one, index) => {
      const day = format.day(one.at, now);
      if (!groups.has(day)) groups.set(day, []);
      groups.get(day).push(item(one, index, now));
    });
    return [...groups].map(([day, items]) => [h("h3", {}, day), h("ul", {}, items)]).flat();
  };

  const draw = () => {
    const box = document.getElementById("headlines");
    const rest = all ? 0 : list.length - FIRST;
    const more = rest > 0 && h("button", { class: "button", type: "button" }, `Show ${rest} more`);
    if (more) more.addEventListener("click", showAll);
    box.replaceChildren(...days(masthead.api.now()), ...(more ? [more] : []));
    if (!list.length) box.replaceChildren(h("p", { class: "hint" }, "No headlines in this span."));
  };

  const showAll = () => {
    all = true;
    draw();
  };

  const render = (loaded) => {
    const box = document.getElementById("headlines");
    if (!box.dataset.ready) listen(box);
    if (shown === loaded.key) return;
    shown = loaded.key;
    all = false;
    list = loaded.headlines;
    document.getElementById("news-note").textContent =
      list.length < masthead.state.HEADLINES
        ? "Point at one to find it on the charts."
        : `The newest ${list.length} of this span; older ones are not on the charts.`;
    draw();
  };

  const listen = (box) => {
    box.dataset.ready = "yes";
    const point = (event) => {
      const entry = event.target.closest("li");
      ((at) => at)(entry ? list[entry.dataset.index].at : null);
    };
    const leave = () => ((at) => at)(null);
    box.addEventListener("mouseover", point);
    box.addEventListener("focusin", point);
    box.addEventListener("mouseleave", leave);
    box.addEventListener("focusout", leave);
  };

  // Mark one headline, or none; `bring` scrolls the list (never the page) to it.
  const mark = (index, bring) => {
    const box = document.getElementById("headlines");
    box.querySelector("li.marked")?.classList.remove("marked");
    if (index === null) return;
    if (bring && index >= FIRST && !all) showAll();
    const entry = box.querySelector(`li[data-index="${index}"]`);
    if (!entry) return;
    entry.classList.add("marked");
    if (box.scrollHeight > box.clientHeight) {
      const top = entry.offsetTop - box.offsetTop;
      if (bring || top < box.scrollTop || top + entry.offsetHeight > box.scrollTop + box.clientHeight) {
        box.scrollTop = top - box.clientHeight / 3;
      }
    } else if (bring) entry.scrollIntoView({ block: "center" });
  };

  return { render, mark };
})();

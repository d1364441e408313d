// The search among the headlines: every word, whatever its case and accents, kept in the address.
window.masthead = window.masthead || {};
masthead.search = (() => {
  const { h, svg } = masthead.dom;
  const PAUSE = 200;
  let waiting = 0;

  const fold = (text) => text.toLowerCase().normalize("NFD").replace(/\p{M}/gu, "");

  const query = () => masthead.state.now().query;
  const words = () => [...new Set(fold(query()).split(/\s+/).filter(Boolean))];

  // Those of the headlines that have every word.
  const found = (headlines) => {
    const wanted = words();
    if (!wanted.length) return headlines;
    return headlines.filter(({ title, author, summary }) => {
      const text = fold([title, author, summary].join("\n"));
      return wanted.every((word) => text.includes(word));
    });
  };

  // The folded text, and for each of its signs where it stood in the text.
  const folded = (text) => {
    let plain = "";
    const places = [];
    let at = 0;
    for (const sign of text) {
      const part = fold(sign);
      plain += part;
      for (let one = 0; one < part.length; one += 1) places.push(at);
      at += sign.length;
    }
    return { plain, places: [...places, text.length] };
  };

  const stretches = (text, wanted) => {
    const { plain, places } = folded(text);
    const all = [];
    for (const word of wanted) {
      for (let at = plain.indexOf(word); at >= 0; at = plain.indexOf(word, at + word.length)) {
        all.push([places[at], places[at + word.length]]);
      }
    }
    return all.sort(([one], [other]) => one - other);
  };

  // The text as nodes, the words that were searched for marked.
  const marked = (text) => {
    const nodes = [];
    let done = 0;
    for (const [from, to] of stretches(text, words())) {
      if (to <= done) continue;
      const start = Math.max(from, done);
      nodes.push(text.slice(done, start), h("mark", {}, text.slice(start, to)));
      done = to;
    }
    return [...nodes, text.slice(done)].filter((node) => node !== "");
  };

  const field = () => document.getElementById("news-query");

  const apply = () => {
    clearTimeout(waiting);
    waiting = 0;
    const { value } = field();
    masthead.state.note({ q: value.trim() ? value : null });
    masthead.headlines.search();
  };

  const clear = () => {
    field().value = "";
    apply();
    field().focus();
  };

  const listen = (input) => {
    input.addEventListener("input", () => {
      clearTimeout(waiting);
      waiting = setTimeout(apply, PAUSE);
    });
    input.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && input.value) {
        event.preventDefault();
        clear();
      } else if (event.key === "Enter") apply();
    });
  };

  const icon = () =>
    svg(
      "svg",
      { viewBox: "0 0 16 16", "aria-hidden": "true", focusable: "false" },
      svg("path", { d: "M7 12A5 5 0 1 0 7 2a5 5 0 0 0 0 10zM10.8 10.8 14.2 14.2" }),
    );

  const start = () => {
    const input = h("input", {
      id: "news-query", type: "search", maxlength: 100, autocomplete: "off", spellcheck: "false",
      "data-t-label": "news_search", "data-t-hint": "news_search",
    });
    const box = document.getElementById("news-search");
    box.append(icon(), input, h("p", { id: "news-found", "aria-live": "polite" }));
    masthead.t.apply(box);
    listen(input);
  };

  // Show what is searched for and how much of `all` that leaves; hidden where nothing is to search.
  const render = (count, all) => {
    if (!field()) start();
    const asked = query();
    document.getElementById("news-search").hidden = !all && !asked;
    if (!waiting && field().value.trim() !== asked.trim()) field().value = asked;
    const said = asked.trim() ? masthead.t("news_found", { count, all }) : "";
    const note = document.getElementById("news-found");
    if (note.textContent !== said) note.textContent = said;
  };

  return { clear, found, marked, render, words };
})();

// Words in the reader's language: `t(key, values)`; the texts stand in words/page.<language>.json.
window.masthead = window.masthead || {};
masthead.t = (() => {
  const FALLBACK = "en";
  const rules = new Map();
  let language = masthead.state.now().language;
  // The layout comes in English: what would be seen to change its words waits for them.
  document.documentElement.classList.toggle("unspoken", language !== FALLBACK);
  // Asked for before a word needs it: letters whose font comes late move what stands below them.
  if (language === "ru") document.fonts.load("1em Inter", "Я").catch(() => {});

  const plural = (count) => {
    if (!rules.has(language)) rules.set(language, new Intl.PluralRules(language));
    return rules.get(language).select(count);
  };

  // A text with plural forms is an object by Intl's rule, chosen by the value `count`; a form for
  // one number alone stands under that number.
  const text = (key, values) => {
    const found = masthead.words[language][key] ?? masthead.words[FALLBACK][key] ?? key;
    return typeof found === "string" ? found : (found[values.count] ?? found[plural(values.count)] ?? found.other);
  };

  // The text cut at its {places}, each value put in: strings stay strings, elements elements.
  const nodes = (key, values = {}) =>
    text(key, values)
      .split(/\{(\w+)\}/)
      .map((part, index) => (index % 2 ? (values[part] ?? "") : part))
      .filter((part) => part !== "");

  const t = (key, values = {}) => nodes(key, values).join("");

  // What stands in the layout names its words: as text, as a title, as a label for screen readers.
  const apply = (root = document) => {
    for (const element of root.querySelectorAll("[data-t]")) {
      element.textContent = t(element.dataset.t);
    }
    for (const element of root.querySelectorAll("[data-t-title]")) {
      element.title = t(element.dataset.tTitle);
    }
    for (const element of root.querySelectorAll("[data-t-label]")) {
      element.setAttribute("aria-label", t(element.dataset.tLabel));
    }
    for (const element of root.querySelectorAll("[data-t-hint]")) {
      element.placeholder = t(element.dataset.tHint);
    }
    document.documentElement.lang = language;
    document.documentElement.classList.remove("unspoken");
  };

  // Speak another language from now on; whether that is a change.
  const speak = (name) => {
    const changed = name !== language;
    language = name;
    return changed;
  };

  return Object.assign(t, { apply, nodes, speak, language: () => language });
})();

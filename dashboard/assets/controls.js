// The choices above the charts, each a part of the address: range, sources, view, scale, lines,
// time zone and language.
window.masthead = window.masthead || {};
masthead.controls = (() => {
  const { h, link, put } = masthead.dom;
  const by = (id) => document.getElementById(id);
  const press = (element, on) => element.setAttribute("aria-pressed", String(on));
  const go = (changes) => masthead.state.go(changes);

  // A box to tick or a dot to choose, and what it is called.
  const option = (type, name, value, on, change, ...label) => {
    const input = h("input", { type, name, value, checked: on });
    input.addEventListener("change", () => change(input));
    return h("label", { class: "option" }, input, h("span", {}, ...label));
  };

  // Keep the focus where it was when a menu is filled again.
  const fill = (id, ...children) => {
    const held = by(id).contains(document.activeElement) ? document.activeElement : null;
    put(id, ...children);
    if (held?.name) by(id).querySelector(`[name="${held.name}"][value="${CSS.escape(held.value)}"]`)?.focus();
  };

  const choose = (input, chosen) => {
    const { SAMPLE } = masthead.state;
    if (input.value === SAMPLE && input.checked) return go({ source: SAMPLE });
    const real = chosen.filter((name) => name !== SAMPLE && name !== input.value);
    return go({ source: input.checked ? [...real, input.value] : real });
  };

  const sourceOption = (one, chosen, known) => {
    const { format, state, t } = masthead;
    const filled = known.filter(({ last_slot: last }) => last !== null).map(({ source }) => source);
    const label = (name) => format.source(known.find(({ source }) => source === name));
    const about = [
      one.source === state.SAMPLE ? t("source_alone") : null,
      one.last_slot === null ? t("source_empty") : null,
    ].filter(Boolean);
    const alike = masthead.cards.all().filter((metric) => masthead.ratio.others(one, metric, filled).length);
    if (alike.length) {
      about.push(t("source_alike", {
        names: format.list([...new Set(alike.flatMap((metric) => masthead.ratio.others(one, metric, filled)))].map(label)),
        metrics: format.list(alike.map(format.metric)),
      }));
    }
    return h(
      "div",
      {},
      option(
        "checkbox", "source", one.source, chosen.includes(one.source),
        (input) => choose(input, chosen), format.source(one),
      ),
      about.length ? h("small", {}, about.join(" ")) : null,
      one.credit ? h("small", {}, link(one.credit, one.credit_url)) : null,
    );
  };

  const sources = (view, { sources: known }) => {
    const { format, state, t } = masthead;
    const chosen = state.sources(view.sources, known);
    by("source-menu").hidden = known.length < 2;
    fill("source-menu-panel", h("h3", {}, t("sources")), ...known.map((one) => sourceOption(one, chosen, known)));
    const names = known.filter(({ source }) => chosen.includes(source)).map(format.source);
    by("source-menu-label").textContent =
      names.length > 1 ? t("source_count", { count: names.length }) : names[0] || t("sources");
  };

  const settings = (view) => {
    const { format, t } = masthead;
    const local = Intl.DateTimeFormat().resolvedOptions().timeZone || format.zoneAt(Date.now());
    const zone = (value, label) =>
      option("radio", "tz", value, view.zone === value, () => go({ tz: value }), label);
    const language = (value, label) =>
      option("radio", "lang", value, view.language === value, () => go({ lang: value }), label);
    fill(
      "settings-menu-panel",
      h("fieldset", {}, h("legend", {}, t("time_zone")), zone("utc", t("utc")), zone("local", t("local", { zone: local }))),
      h("fieldset", {}, h("legend", {}, t("language")), language("en", "English"), language("ru", "Русский")),
      h("a", { class: "collectors", href: `health?lang=${view.language}` }, t("collectors")),
      by("settings-menu").dataset.signsOut === undefined ? "" : signOut(),
    );
  };

  const signOut = () => {
    const made = h("button", { class: "button out", type: "button" }, masthead.t("sign_out"));
    made.addEventListener("click", () => masthead.api.signOut());
    return made;
  };

  // In a comparison: each line with its colour, to be switched on and off.
  const lines = (view) => {
    const loaded = masthead.data.current();
    const box = by("lines");
    box.hidden = !view.compare || !loaded?.drawn.length;
    if (box.hidden) return;
    const { lines: all, on } = masthead.lines.choice(loaded);
    const held = box.contains(document.activeElement) ? document.activeElement.dataset.line : null;
    box.replaceChildren(
      ...all.map((line) => {
        const name = masthead.lines.name(line, loaded);
        const pressed = String(on.includes(line));
        const chip = h(
          "button",
          { type: "button", class: "chip", title: name, "data-line": line.id, "aria-pressed": pressed },
          masthead.lines.swatch(line),
          h("span", {}, name),
        );
        chip.addEventListener("click", () => {
          const next = all.filter((one) => on.includes(one) !== (one === line)).map(({ id }) => id);
          go({ line: next.length === all.length ? null : next });
        });
        return chip;
      }),
    );
    if (held) box.querySelector(`[data-line="${CSS.escape(held)}"]`)?.focus();
  };

  // The switch of the daily flow, where there is one; its place is kept, so that nothing moves.
  const daily = (view) => {
    const loaded = masthead.data.current();
    press(by("daily"), view.daily);
    const away = view.compare || view.log || !loaded || !masthead.daily.offers(loaded);
    by("daily").classList.toggle("away", away);
  };

  const show = (view, pulse) => {
    for (const button of document.querySelectorAll("[data-range]")) {
      press(button, !view.zoom && button.dataset.range === view.range);
    }
    press(by("view-panels"), !view.compare);
    press(by("view-compare"), view.compare);
    press(by("log"), view.log);
    daily(view);
    by("reset").hidden = !view.zoom;
    const known = masthead.cards.all().some(({ key }) => key === view.metric);
    by("columns").classList.toggle("one", known && !view.compare);
    document.documentElement.classList.toggle("embed", view.embed);
    sources(view, pulse);
    settings(view);
  };

  const CLICKS = {
    reset: () => go({ from: null, to: null, day: null }),
    daily: () => go({ daily: masthead.state.now().daily ? "0" : null }),
    "view-panels": () => go({ view: null, line: null }),
    "view-compare": () => go({ view: "compare", metric: null }),
    log: () => go({ scale: masthead.state.now().log ? null : "log" }),
  };
  document.addEventListener("click", ({ target }) => {
    const button = target.closest("button");
    const range = button?.dataset.range;
    if (range) go({ range, from: null, to: null, day: null });
    else CLICKS[button?.id]?.();
  });

  return { daily, lines, show };
})();

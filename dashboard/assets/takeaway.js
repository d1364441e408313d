// What can be taken away: the figures as files, the charts as a picture, the view as a link.
window.masthead = window.masthead || {};
masthead.takeaway = (() => {
  const { h } = masthead.dom;
  const FILES = [
    ["take_csv", "csv"],
    ["take_excel", "csv", { excel: 1 }],
    ["take_xlsx", "xlsx"],
    ["take_parquet", "parquet"],
    ["take_json", "jsonl"],
  ];
  const FEW = FILES.filter(([key]) => ["take_csv", "take_json"].includes(key));
  const SHEET = 1_048_575;
  const panel = () => document.getElementById("take-menu-panel");
  const unique = (values) => [...new Set(values)];

  // The span on screen as an export takes it: its last moment is still inside.
  const span = ([from, to]) => ({
    from: new Date(from).toISOString(), to: new Date(to + 1).toISOString(),
  });

  // The sources, metrics and span on screen; every metric needs no naming.
  const shown = (loaded) => {
    const panels = masthead.derived.mains(masthead.lines.of(loaded));
    const lines = panels.flatMap((one) => one.lines);
    const metric = unique(lines.map((line) => line.metric.key));
    const all = metric.length === masthead.cards.all().length;
    return {
      source: unique(lines.map((line) => line.source)),
      metric: all ? [] : metric,
      ...span(loaded.span),
    };
  };

  const flows = (loaded) =>
    masthead.lines.of(loaded).some(({ derived, lines }) => derived === "daily" && lines.length);

  const whole = ({ drawn }) => ({ source: drawn.map(({ source }) => source) });

  const address = (what, kind, asked) => {
    const params = new URLSearchParams(
      Object.entries(asked).flatMap(([name, value]) => [value].flat().map((each) => [name, each])),
    );
    return `export/${what}.${kind}?${params}`;
  };

  // How many snapshots there may be at most: a slot each.
  const rows = ({ drawn }, [from, to] = []) =>
    drawn.reduce((sum, { info, series }) => {
      const start = Math.max(from ?? info.first_slot, info.first_slot);
      const end = Math.min(to ?? info.last_slot, info.last_slot);
      return sum + Math.max(0, (end - start) / (series.every_s * 1000) + 1);
    }, 0);

  const files = (group, what, kinds, asked) =>
    kinds.map(([key, kind, more]) =>
      h(
        "a",
        {
          class: "button", href: address(what, kind, { ...asked, ...more }), download: true,
          "data-take": `${group} ${key}`, title: key === "take_json" ? masthead.t("take_json_lines") : null,
        },
        masthead.t(key),
      ),
    );

  const group = (key, hint, ...children) =>
    h(
      "div",
      { class: "take", role: "group", "aria-labelledby": key },
      h("p", { id: key, class: "name-of" }, masthead.t(key)),
      hint && h("p", { class: "hint" }, hint),
      h("div", { class: "row" }, ...children),
    );

  const say = (words) => {
    document.getElementById("take-said").textContent = words;
  };

  const button = (key, act) => {
    const made = h("button", { class: "button", type: "button", "data-take": key }, masthead.t(key));
    made.addEventListener("click", () => act(made));
    return made;
  };

  // Without a clipboard (a page over plain http) the text stands there, selected, to be copied.
  const copy = async (words, field) => {
    field.value = words;
    try {
      await navigator.clipboard.writeText(words);
      say(masthead.t("copied"));
    } catch {
      field.hidden = false;
      field.focus();
      field.select();
      say(masthead.t("take_copy_self"));
    }
  };

  const copyable = (key, hint, words) => {
    const label = masthead.t(key);
    const field = h("textarea", { readonly: true, rows: 3, hidden: true, "aria-label": label });
    return group(key, hint, button(`${key}_copy`, () => copy(words(), field)), field);
  };

  const picture = (kind) =>
    button(`take_${kind}`, async (made) => {
      const { t } = masthead;
      made.setAttribute("aria-busy", "true");
      try {
        say(t("take_saved", { name: await masthead.picture.save(masthead.data.current(), kind) }));
      } catch (error) {
        say(t("take_failed", { why: error.message }));
      } finally {
        made.removeAttribute("aria-busy");
      }
    });

  // The address of this view for somebody else: what was left to their browser is in it.
  const link = (more) => {
    const { view, parts } = masthead.data.current();
    const search = masthead.state.search(location.search, {
      source: parts.map(({ source }) => source),
      ...(view.zoom ? {} : { range: view.range }),
      lang: view.language,
      tz: view.zone,
      embed: null,
      ...more,
    });
    return new URL(search, location.href).href.split("#")[0];
  };

  // The HTML that puts this view into another page, in the colours it has now.
  const frame = () => {
    const { plain } = masthead.labels;
    const loaded = masthead.data.current();
    const { theme } = document.documentElement.dataset;
    const height = masthead.lines.of(loaded).length > 2 ? 720 : 440;
    const source = loaded.drawn.map((part) => masthead.format.source(part.info || part)).join(", ");
    return (
      `<iframe src="${plain(link({ embed: 1, theme }))}" ` +
      `title="${plain(masthead.t("take_frame", { source }))}" ` +
      `width="100%" height="${height}" style="border: 0" loading="lazy"></iframe>`
    );
  };

  const data = (loaded) => {
    const { format, t } = masthead;
    const [from, to] = loaded.span.map(format.moment);
    const fit = (most) => FILES.filter(([key]) => key !== "take_xlsx" || most <= SHEET);
    const news = { ...whole(loaded), ...span(loaded.span), by: "published" };
    return [
      group(
        "take_shown", t("take_shown_more", { from, to }),
        files("shown", "snapshots", fit(rows(loaded, loaded.span)), shown(loaded)),
      ),
      group(
        "take_news", loaded.view.query && t("take_news_search"),
        files("news", "headlines", FEW, news),
      ),
      group("take_moves", null, files("moves", "moves", FEW, shown(loaded))),
      ...(flows(loaded) ? [group("take_daily", null, files("daily", "daily", FEW, shown(loaded)))] : []),
      group(
        "take_all", t("take_all_more"),
        files("all", "snapshots", fit(rows(loaded)), whole(loaded)),
      ),
    ];
  };

  const render = (loaded) => {
    const { t } = masthead;
    const held = panel().contains(document.activeElement) && document.activeElement.dataset.take;
    panel().replaceChildren(
      ...data(loaded),
      group("take_picture", null, picture("png"), picture("svg")),
      copyable("take_link", t("take_link_more"), link),
      copyable("take_embed", t("take_embed_more"), frame),
      h("p", { id: "take-said", role: "status" }),
    );
    if (held) panel().querySelector(`[data-take="${held}"]`)?.focus();
    masthead.embed.render(loaded);
  };

  return { render };
})();

// The line under the name, the notices, and what is shown while there is no reading yet.
window.masthead = window.masthead || {};
masthead.status = (() => {
  const { h, link, put } = masthead.dom;
  const STALE = 3;
  const SITE = "https://dapp.expert/";
  let said = "";
  let emptied = "";
  let trouble = null;

  const name = (part) => masthead.format.source(part.info || part);

  const credit = ({ info }) =>
    info?.credit ? h("span", { class: "credit" }, link(info.credit, info.credit_url)) : null;

  const updated = ({ latest }) => {
    if (latest.taken_at === null) return null;
    const { api, format, t } = masthead;
    const ago = h(
      "time",
      { datetime: new Date(latest.taken_at).toISOString(), title: format.moment(latest.taken_at) },
      format.agoShort(latest.taken_at, api.now()),
    );
    return h("span", {}, t.nodes("updated", { ago }));
  };

  const sampled = ({ latest: { every_s: every } }) =>
    masthead.t("every", { span: masthead.format.every(every) });

  // The colour of its lines; in a comparison each line has another, and what is not drawn has none.
  const dot = ({ parts, drawn, view }, part) => {
    const place = drawn.indexOf(part);
    if (parts.length < 2 || place < 0 || view.compare) return null;
    return h("i", { class: "dot", style: `background: var(--${masthead.lines.colour(place)})` });
  };

  // Who is shown, how old it is, and whom to credit: a line a source.
  const line = (loaded) => {
    const { parts } = loaded;
    put(
      "status",
      ...parts.map((part) =>
        h(
          "span",
          { class: "of-source" },
          dot(loaded, part),
          h("span", {}, name(part)),
          updated(part),
          parts.length > 1 || !part.latest.every_s ? null : h("span", {}, sampled(part)),
          credit(part),
        ),
      ),
    );
  };

  // Ages grow while nothing else happens.
  const tick = () => {
    const loaded = masthead.data.current();
    if (!loaded) return;
    line(loaded);
    masthead.cards.tick(loaded);
  };

  const why = (run) => run.message || run.error_kind || masthead.t("failed_no_reason");

  const command = (text) => {
    const { t } = masthead;
    const copy = h("button", { class: "button copy", type: "button" }, t("copy"));
    copy.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(text);
        copy.textContent = t("copied");
      } catch {
        // A browser that was told to refuse: the command stands there to be copied by hand.
        copy.remove();
      }
    });
    return h("p", { class: "command" }, h("code", {}, text), navigator.clipboard ? copy : null);
  };

  const notice = (tone, title, ...words) =>
    h("div", { class: `notice ${tone}` }, h("strong", {}, title), " ", ...words);

  // Amber once three slots passed without a reading; before that a failed try is only told.
  const behind = (part) => {
    const { format, api, state, t } = masthead;
    const { latest } = part;
    const { run } = latest;
    if (part.source === state.SAMPLE || latest.taken_at === null || !latest.every_s) return null;
    const failed =
      run?.outcome === "failed" && run.started_at > latest.taken_at
        ? { when: format.moment(run.started_at), why: why(run) }
        : null;
    const source = name(part);
    if (api.now() - latest.taken_at > STALE * latest.every_s * 1000) {
      const ago = format.ago(latest.taken_at, api.now());
      const more = [t("notice_stale_more", { every: sampled(part) })];
      if (failed) more.push(t("notice_stale_failed", failed));
      return notice("amber", t("notice_stale", { source, ago }), more.join(" "));
    }
    return failed ? notice("quiet", t("notice_failed", { source }), t("failed_at", failed)) : null;
  };

  const partial = (part) => {
    const { format, t } = masthead;
    const readings = part.latest.readings || {};
    const names = masthead.cards
      .all()
      .filter(({ key }) => readings[key]?.value === null)
      .map(format.metric);
    if (!names.length) return null;
    return notice(
      "quiet", t("notice_partial", { source: name(part) }),
      t("notice_partial_more", { names: names.join(", ") }),
    );
  };

  // Why the charts could not be fetched; null when they were.
  const charts = (reason) => {
    trouble = reason;
  };

  const notices = (pulse, loaded) => {
    const { t } = masthead;
    const shown = [];
    const made = loaded?.drawn.find(({ source }) => source === masthead.state.SAMPLE);
    if (made) {
      const command = h("code", {}, "masthead sample remove");
      const rest = made.info?.passing
        ? [t("notice_sample_passing"), " ", goButton(t("notice_sample_back"), { source: null })]
        : t.nodes("notice_sample_more", { command });
      shown.push(notice("sample", t("notice_sample"), ...rest));
    }
    if (masthead.api.ended()) {
      const login = h("a", { href: masthead.api.login() }, t("sign_in"));
      // The notice stays as it is while the view changes; who follows it comes back to the last.
      login.addEventListener("click", () => login.setAttribute("href", masthead.api.login()));
      shown.push(notice("amber", t("notice_ended"), ...t.nodes("notice_ended_more", { login })));
    } else if (pulse.offline) {
      shown.push(notice("red", t("notice_lost"), t("notice_lost_more", { why: pulse.offline })));
    } else if (trouble) {
      shown.push(notice("red", t("notice_charts"), t("notice_charts_more", { why: trouble })));
    }
    for (const part of loaded?.parts || []) shown.push(behind(part), partial(part));
    const told = shown.filter(Boolean);
    // A live region is read out when it changes: leave it alone while it says the same.
    const words = told.map((one) => one.textContent).join("|");
    if (words === said) return;
    said = words;
    put("notices", ...told);
  };

  const reason = ({ run, next_slot: slot }) => {
    const { format, t } = masthead;
    if (!run) return t("empty_none");
    const when = format.moment(run.started_at);
    if (run.outcome === null) return t("empty_started", { when });
    const ended =
      run.outcome === "failed"
        ? t("empty_failed", { when, why: why(run) })
        : t("empty_ended", { outcome: run.outcome });
    const next = slot ? ` ${t("empty_next", { when: format.moment(slot) })}` : "";
    return ended + next;
  };

  const goButton = (words, changes) => {
    const made = h("button", { class: "button", type: "button" }, words);
    made.addEventListener("click", () => masthead.state.go(changes));
    return made;
  };

  const empty = ({ parts: [part] }) => {
    const { state, t } = masthead;
    const words = `${reason(part.latest)} ${t.language()}`;
    if (words === emptied) return;
    emptied = words;
    put(
      "empty",
      h("h2", {}, t("empty_title")),
      h("p", {}, reason(part.latest)),
      h("p", {}, t("empty_now")),
      command("masthead collect"),
      h("p", {}, t("empty_sample")),
      h("p", {}, goButton(t("empty_show_sample"), { source: state.SAMPLE })),
      h("p", { class: "hint" }, t("empty_notices")),
    );
  };

  // One of: loading, empty, full.
  const show = (page) => {
    document.documentElement.dataset.page = page;
  };

  const over = ({ view, drawn, span }) => {
    const { format, t } = masthead;
    const { series } = drawn[0];
    const [first] = series.t;
    if (view.zoom) {
      const [from, to] = span.map(format.moment);
      return t("note_zoom", { from, to });
    }
    const slot = 2000 * Math.max(series.every_s, series.resolution_s);
    if (view.range === "all" || (first !== undefined && first - series.from > slot)) {
      return t("note_since", { when: format.dayShort(first ?? series.from) });
    }
    return t(`note_over_${view.range}`);
  };

  // What the charts show: over which time, and how a point is to be read.
  const trend = (loaded) => {
    const { format, t } = masthead;
    const { info, series } = loaded.drawn[0];
    const read = series.t.filter((_, at) =>
      Object.values(series.metrics).some(({ last }) => last[at] !== null),
    );
    const note = document.getElementById("trend-note");
    if (read.length < 2) {
      const one = info?.first_slot < series.from ? "note_one_here" : "note_one";
      note.textContent = t(read.length ? one : "note_none");
      return;
    }
    const by = series.rolled ? t("note_rolled", { span: format.every(series.resolution_s) }) : "";
    // Where several lines share a chart, their ends say something else than how far they moved.
    const alone = loaded.drawn.length === 1 && !loaded.view.compare;
    const what = alone || loaded.view.zoom ? over(loaded) : "";
    note.textContent = [what, t("note_axes"), by].filter(Boolean).join(" · ");
  };

  const foot = () => {
    const { t } = masthead;
    put("foot-source", ...t.nodes("foot_source", { site: link("dapp.expert", SITE) }));
    const health = h("a", { href: `health?lang=${t.language()}` }, t("foot_health"));
    put("foot-gaps", ...t.nodes("foot_gaps", { health }));
  };

  return { charts, empty, foot, line, notices, show, tick, trend };
})();

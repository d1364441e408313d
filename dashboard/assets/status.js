// The line under the name, the notices, and what is shown while there is no reading yet.
window.masthead = window.masthead || {};
masthead.status = (() => {
  const { h, link, put } = masthead.dom;
  const STALE = 3;
  let said = "";

  const line = ({ latest, sources: known }) => {
    const { format, api } = masthead;
    const info = known.find((one) => one.source === latest.source) || latest;
    const parts = [h("span", {}, format.source(info))];
    if (latest.taken_at !== null) {
      const exact = format.moment(latest.taken_at);
      const taken = new Date(latest.taken_at).toISOString();
      parts.push(
        h("span", {}, "updated ", h("time", { datetime: taken, title: exact }, format.agoShort(latest.taken_at, api.now()))),
      );
    }
    if (latest.every_s) parts.push(h("span", {}, `sampled every ${format.interval(latest.every_s)}`));
    if (info.credit) parts.push(h("span", { class: "credit" }, link(info.credit, info.credit_url)));
    put("status", ...parts);
  };

  const failure = (run) => {
    if (!run || run.outcome !== "failed") return "";
    const { format } = masthead;
    return `The last try, ${format.moment(run.started_at)}, failed: ${run.message || run.error_kind || "no reason kept"}`;
  };

  const command = (text) => {
    const copy = h("button", { class: "button copy", type: "button" }, "Copy");
    copy.addEventListener("click", async () => {
      await navigator.clipboard.writeText(text);
      copy.textContent = "Copied";
    });
    return h("p", { class: "command" }, h("code", {}, text), navigator.clipboard ? copy : null);
  };

  const notice = (tone, title, ...words) =>
    h("div", { class: `notice ${tone}` }, h("strong", {}, title), " ", ...words);

  const stale = (latest) => {
    const { format, api } = masthead;
    const sample = latest.source === "sample";
    if (sample || latest.taken_at === null || !latest.every_s) return null;
    if (api.now() - latest.taken_at <= STALE * latest.every_s * 1000) return null;
    const due = `One is due every ${format.interval(latest.every_s)}. `;
    return notice(
      "amber",
      `The newest reading is from ${format.ago(latest.taken_at, api.now())}.`,
      due + failure(latest.run),
    );
  };

  let trouble = null;
  // Why the charts could not be fetched; null when they were.
  const charts = (reason) => {
    trouble = reason;
  };

  const notices = (pulse) => {
    const shown = [];
    if (pulse.latest?.source === "sample" && pulse.latest.readings) {
      shown.push(
        notice("sample", "Sample data — synthetic.", "No figure or headline here was read from dapp.expert. Remove it with ", h("code", {}, "masthead sample remove"), "."),
      );
    }
    if (pulse.offline) {
      shown.push(notice("red", "Connection lost.", `${pulse.offline} What you see may be old; trying again.`));
    }
    if (!pulse.offline && trouble) {
      shown.push(notice("red", "The charts could not be loaded.", `${trouble} Trying again.`));
    }
    const old = pulse.latest && stale(pulse.latest);
    if (old) shown.push(old);
    // A live region is read out when it changes: leave it alone while it says the same.
    const words = shown.map((one) => one.textContent).join("|");
    if (words === said) return;
    said = words;
    put("notices", ...shown);
  };

  const why = ({ run, every_s: every }) => {
    const { format } = masthead;
    if (!run) return "Nothing has been collected so far.";
    if (run.outcome === null) return `A first reading was started ${format.moment(run.started_at)}.`;
    const next = every
      ? ` The next try is due ${format.moment(run.started_at + every * 1000)}.`
      : "";
    return `${failure(run) || `The last try ended as “${run.outcome}”.`}${next}`;
  };

  let emptied = "";
  const empty = ({ latest }) => {
    const words = why(latest);
    if (words === emptied) return;
    emptied = words;
    put(
      "empty",
      h("h2", {}, "No reading yet"),
      h("p", {}, words),
      h("p", {}, "Take one now:"),
      command("masthead collect"),
      h("p", {}, "Or look around first, with two years of made-up figures:"),
      command("masthead sample load"),
      h("p", { class: "hint" }, "This page notices by itself."),
    );
  };

  // One of: loading, empty, full.
  const show = (name) => {
    document.documentElement.dataset.page = name;
  };

  const sources = (pulse) => {
    const { format, state } = masthead;
    const shown = (one) => one.last_slot !== null || one.source === pulse.source;
    const filled = pulse.sources.filter(shown);
    const box = document.getElementById("source-choice");
    const names = filled.map((one) => one.source).join(" ");
    if (box.dataset.names !== names) {
      box.dataset.names = names;
      box.replaceChildren();
      if (filled.length > 1) {
        const choice = h(
          "select",
          { "aria-label": "Source", class: "button" },
          filled.map((one) => h("option", { value: one.source }, format.source(one))),
        );
        choice.addEventListener("change", () => {
          const search = state.search(location.search, { source: choice.value });
          window.dash_clientside.set_props("url", { search });
        });
        box.append(choice);
      }
    }
    const choice = box.querySelector("select");
    if (choice) choice.value = pulse.source;
  };

  const trend = ({ series, range }) => {
    const { format } = masthead;
    const spans = {
      "24h": "24 hours", "7d": "7 days", "30d": "30 days", "90d": "90 days", "1y": "one year",
    };
    const read = new Set(
      series.t.filter((_, at) => Object.values(series.metrics).some(({ last }) => last[at] !== null)),
    );
    const note = document.getElementById("trend-note");
    if (read.size < 2) {
      note.textContent = read.size
        ? "One reading so far; lines begin with the next."
        : "Nothing was read in this span.";
      return;
    }
    const first = series.t[0];
    const late = first !== undefined && first - series.from > 2000 * Math.max(series.every_s, series.resolution_s);
    const over = range === "all" || late ? `since ${format.dayShort(first ?? series.from)}` : `over ${spans[range]}`;
    const by = series.rolled ? ` One point per ${format.interval(series.resolution_s)}.` : "";
    note.textContent = `Change ${over} at the right edge. Axes do not start at zero.${by}`;
  };

  return { charts, line, notices, empty, show, sources, trend };
})();

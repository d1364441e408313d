// The moves that stand out: a list, each opening its day, and quiet marks of them on the charts.
window.masthead = window.masthead || {};
masthead.moves = (() => {
  const { arrange, h, link } = masthead.dom;
  const DAY = 86_400_000;
  const AROUND = 15 * DAY;
  const FIRST = 6;
  const TITLES = 3;
  const APART = 7;
  const entries = new Map();
  let list = [];
  let whole = "";
  let all = false;
  let opened = null;

  const part = (id) => document.getElementById(id);
  const metricOf = ({ metric }) => masthead.cards.all().find(({ key }) => key === metric);
  const keyOf = ({ source, metric, at }) => `${source} ${metric} ${at}`;

  // How many usual days it is worth: "6.2 × the usual day".
  const times = ({ change, usual }) => {
    const { format, t } = masthead;
    if (!(usual > 0)) return t("moves_still");
    const most = Math.abs(change) / usual;
    return t("moves_usual", { times: format.number(most, { maximumFractionDigits: most < 10 ? 1 : 0 }) });
  };

  const amounts = (move) => {
    const { format } = masthead;
    const by = format.signed(metricOf(move), move.change);
    return move.percent === null ? [by, ""] : [format.percent(move.percent), by];
  };

  // Where a headline stands in time, as everywhere on the page.
  const shownAt = ({ published_from: from, published_to: to, first_seen_at: seen }) =>
    from !== null && from === to ? from : seen;

  const story = (one) => {
    const { format, marks } = masthead;
    const at = shownAt(one);
    return h(
      "li",
      {},
      h("time", { datetime: new Date(at).toISOString() }, `${marks.days(at, at)}, ${format.time(at)}`),
      h("span", { class: "title", dir: "auto" }, link(one.title, one.url)),
    );
  };

  const stories = ({ headlines, headlines_total: total }) => {
    const { t } = masthead;
    const rest = total - Math.min(TITLES, headlines.length);
    return [
      h("p", { class: "count" }, t("moves_news", { count: total })),
      headlines.length ? h("ul", {}, headlines.slice(0, TITLES).map(story)) : null,
      headlines.length && rest > 0 ? h("p", { class: "count" }, t("news_rest", { count: rest })) : null,
    ];
  };

  // Fifteen days either side, with the day marked; the charts come into sight.
  const open = (move) => {
    const edges = [move.at - AROUND, Math.min(move.at + AROUND, masthead.api.now())];
    const [from, to, day] = [...edges, move.at].map((ms) => new Date(ms).toISOString());
    const { metric } = masthead.state.now();
    masthead.state.go({
      from, to, day, view: null, scale: null, metric: metric === move.metric ? metric : null,
    });
    const charts = part("charts");
    charts.focus({ preventScroll: true });
    charts.scrollIntoView({ block: "start" });
  };

  const fill = (entry, move, several) => {
    const { format, t } = masthead;
    const [main, more] = amounts(move);
    const opener = h(
      "button", { type: "button", title: t("moves_open") },
      h("span", { class: "of" }, format.metric(metricOf(move))), " ",
      h("b", { class: move.change > 0 ? "up" : "down" }, main), " ",
      more && h("span", { class: "by" }, more),
    );
    opener.addEventListener("click", () => open(move));
    entry.replaceChildren(
      h(
        "p", { class: "when" },
        h("time", { datetime: new Date(move.at).toISOString() }, format.moment(move.at)),
        several ? ` · ${several}` : null,
      ),
      h("h3", {}, opener),
      h("p", { class: "usual" }, times(move)),
      move.leaves === null ? "" : h("p", { class: "usual" }, t("moves_leaves", { day: format.dayShort(move.leaves) })),
      ...stories(move).filter(Boolean),
    );
  };

  // Made once: the focus outlives new figures.
  const entryOf = (move, loaded) => {
    const { format, marks, t } = masthead;
    const { info } = loaded.parts.find(({ source }) => source === move.source);
    const several = loaded.parts.length > 1 ? format.source(info || move) : "";
    const text = JSON.stringify([move, several, t.language(), format.moment(move.at), marks.days(move.at, move.at)]);
    const known = entries.get(keyOf(move));
    const entry = known?.entry || h("li", { class: "move" });
    if (known?.text !== text) {
      const held = entry.contains(document.activeElement);
      fill(entry, move, several);
      if (held) entry.querySelector("button").focus({ preventScroll: true });
    }
    entries.set(keyOf(move), { entry, text });
    return entry;
  };

  const say = (text) => {
    part("moves-note").textContent = text;
  };

  // Beside the title of the charts: how many arrows stand there, and the way to their list.
  // Without words it is no link.
  const lead = (text) => {
    const link = part("moves-link");
    link.replaceChildren(
      ...(list.length ? [h("span", { "aria-hidden": "true" }, "▲▼ ")] : []), text,
    );
    if (text) link.setAttribute("href", "#moves");
    else link.removeAttribute("href");
  };

  const draw = (loaded) => {
    const { t } = masthead;
    const shown = all ? list : list.slice(0, FIRST);
    arrange(part("moves-list"), shown.map((move) => entryOf(move, loaded)));
    for (const [key, { entry }] of entries) if (!entry.isConnected) entries.delete(key);
    const rest = list.length - shown.length;
    const more = part("moves-more");
    more.hidden = rest <= 0;
    more.textContent = t("news_more", { count: rest });
    more.onclick = () => {
      all = true;
      draw(loaded);
      part("moves-list").children[FIRST].querySelector("button").focus();
    };
  };

  const ask = (loaded) =>
    Promise.all(
      loaded.drawn.map(async ({ source }) => {
        const answer = await masthead.data.derived("moves", { source, ...masthead.state.span(loaded.view) }, loaded);
        return answer.moves.filter(metricOf).map((move) => ({ ...move, source }));
      }),
    );

  // The headlines of the day that was opened, and of the days beside it, lit in the list.
  const light = (loaded) => {
    const { day } = loaded.view;
    if (day === opened) return;
    opened = day;
    const { headlines, lit } = masthead;
    const near = day === null ? [] : headlines.found().filter(({ at }) => Math.abs(at - day) <= DAY);
    lit.by("kept", near, day);
    if (near.length) headlines.bring(near[0].id, false);
  };

  const render = async (loaded) => {
    const { data, t } = masthead;
    const span = JSON.stringify([loaded.view.range, loaded.view.zoom, loaded.parts.map(({ source }) => source)]);
    light(loaded);
    try {
      const found = (await ask(loaded)).flat();
      if (loaded !== data.current()) return;
      list = found.sort((one, other) => other.at - one.at || one.metric.localeCompare(other.metric));
      if (span !== whole) [whole, all] = [span, false];
      say(list.length ? t("moves_note") : t("moves_none"));
      lead(t("moves_count", { count: list.length }));
    } catch {
      if (loaded !== data.current()) return;
      list = [];
      say(t("moves_failed"));
      lead("");
    }
    draw(loaded);
    mark(loaded);
  };

  // The move that a reading of a line ends, in a few words; null where it is none.
  const at = (line, ms) => {
    const found = list.find(
      (one) => one.metric === line.metric.key && one.source === line.source && Math.abs(one.at - ms) < line.every,
    );
    return found ? masthead.t("moves_tip", { by: amounts(found)[0] }) : null;
  };

  const across = (ms) => `${(100 * masthead.chart.share(ms)).toFixed(4)}%`;

  // An arrow at each move, above or below the line; those that would touch the one before are left
  // to the list.
  const arrows = (loaded) => {
    const { chart, figure, reading } = masthead;
    const { panels } = chart.drawn();
    return panels.filter(({ derived }) => !derived).flatMap(({ metric, lines, axis, top, height }) =>
      lines.flatMap((line) => {
        let before = Infinity;
        const own = list.filter((one) => one.metric === metric.key && one.source === line.source);
        return own.flatMap((move) => {
          const x = chart.share(move.at) * chart.width();
          const place = reading.place(line, move.at);
          if (x < 0 || x > chart.width() || before - x < APART || place === null || line.last[place] === null) return [];
          before = x;
          const y = top + height - figure.scale(axis, height).pixels(line.last[place]);
          const way = move.change > 0 ? "up" : "down";
          return [h("i", { class: way, style: `left: ${across(move.at)}; top: ${y.toFixed(1)}px` })];
        });
      }),
    );
  };

  // The day that was opened, through all charts.
  const band = ({ view: { day } }) => {
    const { chart } = masthead;
    if (day === null || chart.share(day) <= 0 || chart.share(day - DAY) >= 1) return [];
    const left = Math.max(0, chart.share(day - DAY));
    const right = Math.min(1, chart.share(day));
    return [h("b", { style: `left: ${(100 * left).toFixed(4)}%; width: ${(100 * (right - left)).toFixed(4)}%` })];
  };

  const mark = (loaded) => {
    if (!masthead.chart.drawn() || masthead.chart.drawn().loaded !== loaded) return;
    const moved = loaded.view.compare || loaded.view.embed ? [] : arrows(loaded);
    part("move-marks").replaceChildren(...band(loaded), ...moved);
  };

  return { at, mark, render };
})();

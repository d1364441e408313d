// The words inside the figure: each panel's title, and at the right edge what each line ends with.
window.masthead = window.masthead || {};
masthead.labels = (() => {
  const APART = 15;
  const APART_TWO = 29;
  const WORD = 30;
  const FOOT = 8;

  // Foreign text for plotly, which reads markup in it.
  const SAFE = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };
  const plain = (text) => text.replace(/[&<>"']/g, (sign) => SAFE[sign]);

  const note = (more) => ({ xref: "paper", yref: "paper", showarrow: false, ...more });

  const title = (words, domain, colour, shift) =>
    note({
      x: 0, xanchor: "left", xshift: shift, y: domain[1], yanchor: "bottom", yshift: 4,
      text: `<b>${plain(words)}</b>`,
      font: { size: 12.5, color: colour("text") },
    });

  // Whose clock the time axis reads, beside its marks; two names where the span changes the clocks.
  const zone = (span, room, colour) =>
    note({
      x: 1, xanchor: "right", xshift: room - 2, y: 0, yanchor: "top", yshift: -1, align: "right",
      text: [...new Set(span.map(masthead.format.zoneAt))].join("<br>"),
      font: { size: 11.5, color: colour("muted") },
    });

  const nothing = (panel, axis, colour) =>
    note({
      x: 0.5, y: 0.5, yref: `${axis} domain`,
      text: masthead.t(panel.waits ? "derived_waits" : panel.derived ? "derived_none" : "nothing_in_span"),
      font: { size: 12, color: colour("muted") },
    });

  const ended = (line) => line.last.findLast((value) => value !== null);

  // What is said below a line's last value: how far it moved; of a day's flow what it is.
  const moved = (line) =>
    line.derived === "daily"
      ? { way: "flat", words: masthead.t("daily_end") }
      : masthead.cards.change(line.metric, line.delta);

  // How many pixels a text is wide at the size of the labels.
  const pen = document.createElement("canvas").getContext("2d");
  const width = (text, weight = 400) => {
    pen.font = `${weight} 11.5px Inter, system-ui, sans-serif`;
    return pen.measureText(text).width;
  };

  // The text, cut where it would be wider than `room` pixels; nothing where that leaves no word.
  const short = (text, room) => {
    if (width(text) <= room) return text;
    if (room < WORD) return "";
    let most = text.length - 1;
    while (most > 1 && width(`${text.slice(0, most)}…`) > room) most -= 1;
    return `${text.slice(0, most).trimEnd()}…`;
  };

  // The words in lines of `room` pixels, parted at the spaces.
  const wrapped = (text, room) =>
    text.split(" ").reduce((lines, word) => {
      const longer = `${lines.at(-1) ?? ""} ${word}`.trim();
      return lines.length && width(longer) > room ? [...lines, word] : [...lines.slice(0, -1), longer];
    }, []).join("<br>");

  const indexOf = (line, at) =>
    masthead.sentences.within(line, at) ? "≈100" : masthead.sentences.index(line, at);

  const valueOf = (line, loaded) =>
    loaded.view.compare
      ? indexOf(line, line.last.findLastIndex((value) => value !== null))
      : masthead.format.compact(line.metric, ended(line));

  const isAlone = (panel, loaded) => panel.lines.length === 1 && !loaded.view.compare;

  // How wide what a panel's lines end with would like to be.
  const room = (panel, loaded) =>
    Math.max(
      0,
      ...panel.lines.filter((line) => ended(line) !== undefined).map((line) => {
        const value = width(valueOf(line, loaded), 700);
        if (!isAlone(panel, loaded)) return value + width(` ${masthead.lines.name(line, loaded)}`);
        const change = moved(line);
        return Math.max(value, ...(change?.words.split(" ") || []).map((one) => width(one)));
      }),
    );

  // A line alone says its value and how far it moved; one of several its name as well.
  const words = (line, loaded, alone, colour, most) => {
    const value = valueOf(line, loaded);
    if (alone) {
      const change = moved(line);
      const tone = { up: "up", down: "down" }[change?.way] || "muted";
      const text = change ? wrapped(plain(change.words), most) : "";
      return `<b>${value}</b><br><span style="color:${colour(tone)}">${text}</span>`;
    }
    const name = plain(short(masthead.lines.name(line, loaded), most - width(`${value} `, 700)));
    return `<span style="color:${colour(line.colour)}"><b>${value}</b> ${name}</span>`;
  };

  // Labels that would touch move apart, and stay beside the panel: the pixels each goes up.
  const spread = (places, wanted, height) => {
    if (places.length < 2) return places.map(() => 0);
    const order = places.map((_, index) => index).sort((one, other) => places[one] - places[other]);
    const apart = Math.min(wanted, (height - FOOT) / (places.length - 1));
    let edge = -Infinity;
    const moved = order.map((index) => (edge = Math.max(places[index], edge + apart)));
    const excess =
      order.reduce((sum, index, place) => sum + moved[place] - places[index], 0) / order.length;
    edge = height + apart;
    for (let place = order.length - 1; place >= 0; place -= 1) {
      moved[place] = edge = Math.min(moved[place] - excess, edge - apart);
    }
    edge = FOOT - apart;
    return order.reduce((up, index, place) => {
      edge = Math.max(moved[place], edge + apart);
      up[index] = edge - places[index];
      return up;
    }, []);
  };

  // `scale` gives a value's height in pixels above the panel's foot; log axes place by logarithm.
  const ends = (panel, axis, loaded, scale, colour, most) => {
    const lines = panel.lines.filter((line) => ended(line) !== undefined);
    if (!lines.length) return [nothing(panel, axis, colour)];
    const alone = isAlone(panel, loaded);
    const places = lines.map((line) => scale.pixels(ended(line)));
    const shifts = spread(places, alone ? APART_TWO : APART, scale.height);
    return lines.map((line, index) =>
      note({
        x: 1, xanchor: "left", xshift: 9, align: "left",
        y: scale.place(ended(line)), yref: axis, yshift: shifts[index],
        text: words(line, loaded, alone, colour, most),
        font: { size: 11.5, color: colour("text") },
      }),
    );
  };

  return { ends, plain, room, title, width, zone };
})();

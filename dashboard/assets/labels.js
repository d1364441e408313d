// The words inside the figure: each panel's title, and at the right edge what each line ends with.
window.masthead = window.masthead || {};
masthead.labels = (() => {
  const APART = 15;
  const APART_TWO = 29;

  // Foreign text for plotly, which reads markup in it.
  const SAFE = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };
  const plain = (text) => text.replace(/[&<>"']/g, (sign) => SAFE[sign]);

  const note = (more) => ({ xref: "paper", yref: "paper", showarrow: false, ...more });

  const title = (panel, domain, colour) =>
    note({
      x: 0, xanchor: "left", y: domain[1], yanchor: "bottom", yshift: 4,
      text: `<b>${plain(panel.title)}</b>`,
      font: { size: 12.5, color: colour("text") },
    });

  const nothing = (axis, colour) =>
    note({
      x: 0.5, y: 0.5, yref: `${axis} domain`, text: masthead.t("nothing_in_span"),
      font: { size: 12, color: colour("muted") },
    });

  const ended = (line) => line.last.findLast((value) => value !== null);

  const moved = (line) => masthead.cards.change(line.metric, line.delta);

  const short = (text, most) => (text.length > most ? `${text.slice(0, most - 1)}…` : text);

  // A line alone says its value and how far it moved; one of several its name as well.
  const words = (line, loaded, alone, colour) => {
    const value = line.metric.unit === "index" || loaded.view.compare
      ? masthead.format.number(ended(line), { maximumFractionDigits: 1, minimumFractionDigits: 1 })
      : masthead.format.compact(line.metric, ended(line));
    if (alone) {
      const change = moved(line);
      const tone = { up: "up", down: "down" }[change?.way] || "muted";
      const text = change ? plain(change.words).replace(/^(\S{6,}) /, "$1<br>") : "";
      return `<b>${value}</b><br><span style="color:${colour(tone)}">${text}</span>`;
    }
    const name = plain(short(masthead.lines.name(line, loaded), 24));
    return `<span style="color:${colour(line.colour)}"><b>${value}</b> ${name}</span>`;
  };

  // Labels that would touch move apart: the pixels each goes up.
  const spread = (places, apart) => {
    const order = places.map((_, index) => index).sort((one, other) => places[one] - places[other]);
    const moved = [...places];
    order.forEach((index, place) => {
      if (place) moved[index] = Math.max(moved[index], moved[order[place - 1]] + apart);
    });
    const excess = order.length
      ? order.reduce((sum, index) => sum + moved[index] - places[index], 0) / order.length
      : 0;
    return moved.map((one, index) => one - excess - places[index]);
  };

  // `scale` gives a value's height in pixels above the panel's foot; log axes place by logarithm.
  const ends = (panel, axis, loaded, scale, colour) => {
    const lines = panel.lines.filter((line) => ended(line) !== undefined);
    if (!lines.length) return [nothing(axis, colour)];
    const alone = panel.lines.length === 1 && !loaded.view.compare;
    const shifts = spread(lines.map((line) => scale.pixels(ended(line))), alone ? APART_TWO : APART);
    return lines.map((line, index) =>
      note({
        x: 1, xanchor: "left", xshift: 9, align: "left",
        y: scale.place(ended(line)), yref: axis, yshift: shifts[index],
        text: words(line, loaded, alone, colour),
        font: { size: 11.5, color: colour("text") },
      }),
    );
  };

  return { ended, ends, note, plain, title };
})();

// Where the marks of the time axis stand: whole hours, days, Mondays, months or years of the
// reader's own clock. Plotly knows no time zones, so its axis counts milliseconds.
window.masthead = window.masthead || {};
masthead.timeticks = (() => {
  const MINUTE = 60_000;
  const HOUR = 3_600_000;
  const DAY = 86_400_000;
  const EVEN = [1, 2, 5, 10, 15, 30].map((n) => n * MINUTE)
    .concat([1, 2, 3, 6, 12].map((n) => n * HOUR), [1, 2].map((n) => n * DAY));
  const MONTHS = [1, 2, 3, 6, 12, 24, 60, 120, 240];
  const MONDAY = 4 * DAY;

  // The wall's time as if it were UTC, and back; right also on days when the clocks change.
  const toWall = (ms) => ms + masthead.format.ahead(ms) * MINUTE;
  const fromWall = (wall) => {
    const guess = wall - masthead.format.ahead(wall) * MINUTE;
    return wall - masthead.format.ahead(guess) * MINUTE;
  };

  const every = (step, from, to, start = 0) => {
    const marks = [];
    for (let at = Math.ceil((from - start) / step) * step + start; at <= to; at += step) marks.push(at);
    return marks;
  };
  const everyMonths = (step, from, to) => {
    const marks = [];
    const first = new Date(from);
    const months = first.getUTCFullYear() * 12 + first.getUTCMonth();
    for (let month = Math.floor(months / step) * step; ; month += step) {
      const at = Date.UTC(Math.floor(month / 12), month % 12, 1);
      if (at > to) return marks;
      if (at >= from) marks.push(at);
    }
  };

  // At most `most` marks of the finest step that fits.
  const walls = (from, to, most) => {
    const step = EVEN.find((one) => (to - from) / one <= most);
    if (step) return { marks: every(step, from, to), step };
    if ((to - from) / (7 * DAY) <= most) {
      return { marks: every(7 * DAY, from, to, MONDAY), step: 7 * DAY };
    }
    if ((to - from) / (14 * DAY) <= most) {
      return { marks: every(14 * DAY, from, to, MONDAY), step: 14 * DAY };
    }
    const month = MONTHS.find((one) => (to - from) / (one * 30.44 * DAY) <= most) || 480;
    return { marks: everyMonths(month, from, to), step: month * 30 * DAY };
  };

  const label = (ms, step, first) => {
    const { date } = masthead.format;
    const begins = toWall(ms) % DAY === 0;
    if (step < DAY) {
      const time = masthead.format.time(ms);
      return first || begins ? `${time}<br>${date(ms, { day: "numeric", month: "short" })}` : time;
    }
    const january = new Date(toWall(ms)).getUTCMonth() === 0;
    const year = date(ms, { year: "numeric" });
    if (step >= 360 * DAY) return year;
    const text =
      step < 28 * DAY ? date(ms, { day: "numeric", month: "short" }) : date(ms, { month: "short" });
    const turn = january && (step >= 28 * DAY || new Date(toWall(ms)).getUTCDate() <= step / DAY);
    return first || turn ? `${text}<br>${year}` : text;
  };

  // Plotly's `tickvals` and `ticktext` for [from, to].
  const marks = ([from, to], most) => {
    const { marks: found, step } = walls(toWall(from), toWall(to), most);
    const tickvals = found.map(fromWall);
    return { tickvals, ticktext: tickvals.map((ms, at) => label(ms, step, at === 0)) };
  };

  return { marks };
})();

// Where the marks of the time axis stand: whole minutes, hours, days, Mondays, months or years of
// the reader's own clock. Plotly knows no time zones, so its axis counts milliseconds.
window.masthead = window.masthead || {};
masthead.timeticks = (() => {
  const MINUTE = 60_000;
  const HOUR = 3_600_000;
  const DAY = 86_400_000;
  const MONTH = 30.44 * DAY;
  const MONDAY = 4 * DAY;
  const PARTS = [1, 2, 5, 10, 15, 30].map((n) => n * MINUTE)
    .concat([1, 2, 3, 6, 12].map((n) => n * HOUR));
  const MONTHS = [1, 2, 3, 6, 12, 24, 60, 120, 240, 600, 1200];
  // A step with several times more marks than wanted is not worth counting out.
  const TOO_MANY = 8;

  const ahead = (ms) => masthead.format.ahead(ms) * MINUTE;
  // The wall's time as if it were UTC, and back; a time that the clocks jump over is the moment
  // after the jump.
  const toWall = (ms) => ms + ahead(ms);
  const fromWall = (wall) => {
    const at = wall - ahead(wall - ahead(wall));
    return toWall(at) === wall ? at : Math.max(at, wall - ahead(at));
  };

  const multiples = (step, from, to, start = 0) => {
    const marks = [];
    for (let at = Math.ceil((from - start) / step) * step + start; at <= to; at += step) marks.push(at);
    return marks;
  };

  // The first whole minute in (low, high] at which the clock is as far ahead as at `high`.
  const change = (low, high) => {
    if (high - low <= MINUTE) return high;
    const middle = Math.floor((low + high) / 2 / MINUTE) * MINUTE;
    return ahead(middle) === ahead(high) ? change(low, middle) : change(middle, high);
  };

  // [from, to] cut where the clocks change; only asked of spans of days.
  const stretches = (from, to) => {
    const cuts = [];
    for (let at = Math.floor(from / MINUTE) * MINUTE; at < to; at += DAY) {
      if (ahead(at) !== ahead(at + DAY)) cuts.push(change(at, at + DAY));
    }
    return [from, ...cuts].map((start, place) => [start, cuts[place] - 1 || to]);
  };

  // Minutes and hours run on while the clock on the wall jumps: each stretch has its own marks.
  const hours = (step) => (from, to) =>
    stretches(from, to).flatMap(([start, end]) => {
      const shift = ahead(start);
      return multiples(step, start + shift, end + shift).map((wall) => wall - shift);
    });

  const days = (step, start = 0) => (from, to) =>
    multiples(step, toWall(from) - DAY, toWall(to) + DAY, start).map(fromWall);

  const months = (step) => (from, to) => {
    const day = new Date(toWall(from));
    const first = day.getUTCFullYear() * 12 + day.getUTCMonth();
    const marks = [];
    for (let month = Math.floor(first / step) * step; ; month += step) {
      const at = fromWall(Date.UTC(Math.floor(month / 12), month % 12, 1));
      if (at > to) return marks;
      marks.push(at);
    }
  };

  const STEPS = [
    ...PARTS.map((step) => ({ step, marks: hours(step) })),
    { step: DAY, marks: days(DAY) },
    { step: 2 * DAY, marks: days(2 * DAY) },
    { step: 7 * DAY, marks: days(7 * DAY, MONDAY) },
    { step: 14 * DAY, marks: days(14 * DAY, MONDAY) },
    ...MONTHS.map((n) => ({ step: n * MONTH, marks: months(n) })),
  ];

  // Marks in the span, none much nearer to the one before than a step.
  const apart = ({ step, marks }, from, to) => {
    const found = [];
    for (const at of marks(from, to)) {
      const near = found.length && at - found.at(-1) < 0.6 * step;
      if (at >= from && at <= to && !near) found.push(at);
    }
    return found;
  };

  // At most `most` marks of the finest step; two at least where any step has two.
  const choose = (from, to, most) => {
    let finer = null;
    for (const one of STEPS) {
      if ((to - from) / one.step > TOO_MANY * most) continue;
      const found = { step: one.step, marks: apart(one, from, to) };
      if (found.marks.length <= most) {
        if (found.marks.length >= 2 || !finer) return found;
        const each = Math.ceil(finer.marks.length / most);
        return { step: finer.step, marks: finer.marks.filter((_, place) => place % each === 0) };
      }
      finer = found;
    }
    return { step: STEPS.at(-1).step, marks: [] };
  };

  const label = (ms, step, first) => {
    const { date } = masthead.format;
    const day = () => date(ms, { day: "numeric", month: "short" });
    if (step < DAY) {
      const time = masthead.format.time(ms);
      return first || toWall(ms) % DAY === 0 ? `${time}<br>${day()}` : time;
    }
    const wall = new Date(toWall(ms));
    const year = date(ms, { year: "numeric" });
    if (step >= 11.5 * MONTH) return year;
    const text = step < MONTH ? day() : date(ms, { month: "short" });
    const turn = wall.getUTCMonth() === 0 && (step >= MONTH || wall.getUTCDate() <= step / DAY);
    return first || turn ? `${text}<br>${year}` : text;
  };

  // Plotly's `tickvals` and `ticktext` for [from, to].
  const marks = ([from, to], most) => {
    const { marks: tickvals, step } = choose(from, to, most);
    return { tickvals, ticktext: tickvals.map((ms, at) => label(ms, step, at === 0)) };
  };

  return { marks };
})();

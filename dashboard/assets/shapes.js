// Areas round a line: from low to high, one outline a stretch without a gap.
window.masthead = window.masthead || {};
masthead.shapes = (() => {
  // Point by point, or with the corners of a line that steps.
  const walk = (t, values, from, to, step) => {
    const x = [];
    const y = [];
    for (let at = from; at < to; at += 1) {
      if (step && at > from) {
        x.push(t[at]);
        y.push(values[at - 1]);
      }
      x.push(t[at]);
      y.push(values[at]);
    }
    return [x, y];
  };

  // The `x` and `y` of a trace that fills itself; null parts one stretch from the next.
  const area = (t, low, high, step) => {
    const x = [];
    const y = [];
    for (let from = 0; from < t.length; from += 1) {
      if (low[from] === null) continue;
      let to = from;
      while (to < t.length && low[to] !== null) to += 1;
      const [aboveX, aboveY] = walk(t, high, from, to, step);
      const [belowX, belowY] = walk(t, low, from, to, step);
      if (x.length) {
        x.push(null);
        y.push(null);
      }
      x.push(...aboveX, ...belowX.reverse());
      y.push(...aboveY, ...belowY.reverse());
      from = to;
    }
    return { x, y };
  };

  const differs = (low, high) => low.some((value, at) => value !== null && value !== high[at]);

  // Lowest and highest reading where a point stands for several; null where they are the same.
  const envelope = ({ rolled, t, min, max, step }) =>
    rolled && min && differs(min, max) ? area(t, min, max, step) : null;

  const half = ({ half_width: width }, at) => (Array.isArray(width) ? width[at] : width) || 0;

  // What the true figure may be, where the rounding can be seen on an axis this high.
  const rounding = (line, height) => {
    if (!line.half_width || line.scale !== 1) return null;
    const most = Array.isArray(line.half_width)
      ? Math.max(...line.half_width.filter((one) => one !== null))
      : line.half_width;
    if (!(2 * most > 0.015 * height)) return null;
    const shift = (sign) =>
      line.last.map((value, at) => (value === null ? null : value + sign * half(line, at)));
    return area(line.t, shift(-1), shift(1), line.step);
  };

  return { area, envelope, half, rounding };
})();

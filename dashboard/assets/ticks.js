// Where the marks of a value axis stand and how they read: round steps, "18.3K", never "18300.0".
window.masthead = window.masthead || {};
masthead.ticks = (() => {
  const step = (span, wanted) => {
    const rough = span / wanted;
    const power = 10 ** Math.floor(Math.log10(rough));
    return power * ([1, 2, 5, 10].find((one) => one * power >= rough * 0.999) || 10);
  };

  // The [low, high] to show: the readings with air around them; flat ones stand in the middle.
  const range = (values) => {
    let low = Infinity;
    let high = -Infinity;
    for (const value of values) {
      if (value === null) continue;
      if (value < low) low = value;
      if (value > high) high = value;
    }
    if (low > high) return null;
    if (low === high) {
      const air = Math.max(Math.abs(low) * 0.01, 1.4);
      return [low - air, high + air];
    }
    const air = (high - low) * 0.1;
    return [low - air, high + air];
  };

  const digits = (size, by) => {
    const scale = [1e12, 1e9, 1e6, 1e3].find((one) => size >= one) || 1;
    return Math.min(6, Math.max(0, Math.ceil(-Math.log10(by / scale) - 1e-9)));
  };

  const multiples = (by, low, high) => {
    const values = [];
    for (let at = Math.ceil(low / by); at * by <= high; at += 1) values.push(at * by);
    return values;
  };

  const marks = (metric, [low, high], wanted) => {
    const whole = metric.unit === "count";
    let by = 0;
    let values = [];
    for (let more = wanted; values.length < 2 && more < 3 * wanted; more += 1) {
      by = Math.max(step(high - low, more), whole ? 1 : 0);
      values = multiples(by, low, high);
    }
    const decimals = digits(Math.max(Math.abs(low), Math.abs(high)), by);
    const text = values.map((value) =>
      masthead.format.compact(metric, value, {
        minimumFractionDigits: 0,
        maximumFractionDigits: decimals,
      }),
    );
    return { tickvals: values, ticktext: text };
  };

  return { range, marks };
})();

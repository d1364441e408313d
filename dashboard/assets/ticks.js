// Where the marks of a value axis stand and how they read: round steps, "18.3K", never "18300.0".
window.masthead = window.masthead || {};
masthead.ticks = (() => {
  const step = (span, wanted) => {
    const rough = span / wanted;
    const power = 10 ** Math.floor(Math.log10(rough));
    return power * ([1, 2, 5, 10].find((one) => one * power >= rough * 0.999) || 10);
  };

  // The lowest and highest of the readings in sight, null without any.
  const extent = (lines, [from, to]) => {
    let low = Infinity;
    let high = -Infinity;
    for (const line of lines) {
      const { t, last, min = last, max = last, scale } = line;
      for (let at = 0; at < t.length; at += 1) {
        if (last[at] === null || t[at] < from || t[at] > to) continue;
        const half = scale === 1 ? masthead.shapes.half(line, at) : 0;
        low = Math.min(low, min[at] - half);
        high = Math.max(high, max[at] + half);
      }
    }
    return low > high ? null : [low, high];
  };

  // The [low, high] to show: the readings with air around them; flat ones stand in the middle.
  const airy = ([low, high], log) => {
    if (log && low > 0) {
      const air = Math.max((high / low) ** 0.1, 1.01);
      return [low / air, high * air];
    }
    const air = low === high ? Math.max(Math.abs(low) * 0.01, 1.4) : (high - low) * 0.1;
    return [low - air, high + air];
  };

  const digits = (size, by) => {
    const scale = [1e12, 1e9, 1e6, 1e3].find((one) => size >= one) || 1;
    return Math.min(6, Math.max(0, Math.ceil(-Math.log10(by / scale) - 1e-9)));
  };

  const multiples = (by, low, high) => {
    const values = [];
    for (let at = Math.ceil(low / by); at * by <= high; at += 1) {
      // Adding nothing makes zero of minus zero, which would be written "−0".
      values.push(at * by + 0);
    }
    return values;
  };

  // Over several decades: 1, 2 and 5 of each while they are few, else the decades alone.
  const decades = (low, high, wanted) => {
    const parts = Math.log10(high / low) > wanted / 2 ? [1] : [1, 2, 5];
    const values = [];
    for (let power = Math.floor(Math.log10(low)); 10 ** power <= high; power += 1) {
      for (const part of parts) values.push(part * 10 ** power);
    }
    return values.filter((value) => value >= low && value <= high);
  };

  const even = (metric, low, high, wanted) => {
    const whole = metric.unit === "count";
    let by = 0;
    let values = [];
    for (let more = wanted; values.length < 2 && more < 3 * wanted; more += 1) {
      by = Math.max(step(high - low, more), whole ? 1 : 0);
      values = multiples(by, low, high);
    }
    return { values, decimals: digits(Math.max(Math.abs(low), Math.abs(high)), by) };
  };

  // Plotly's `tickvals` and `ticktext` for the axis from low to high.
  const marks = (metric, [low, high], wanted, log) => {
    const { values, decimals } =
      log && low > 0 && high / low > 6
        ? { values: decades(low, high, wanted), decimals: 2 }
        : even(metric, low, high, wanted);
    const options = { minimumFractionDigits: 0, maximumFractionDigits: decimals };
    return {
      tickvals: values,
      ticktext: values.map((value) => masthead.format.compact(metric, value, options)),
    };
  };

  return { airy, extent, marks };
})();

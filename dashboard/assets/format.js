// Numbers and times as words. Times are UTC; figures look the way the site prints them.
window.masthead = window.masthead || {};
masthead.format = (() => {
  const UTC = { timeZone: "UTC" };
  const cache = new Map();

  const made = (kind, locale, options) => {
    const key = kind.name + locale + JSON.stringify(options);
    if (!cache.has(key)) cache.set(key, new kind(locale, options));
    return cache.get(key);
  };
  const number = (value, options) =>
    made(Intl.NumberFormat, "en-US", options).format(value).replace("-", "−");
  const date = (ms, options) =>
    made(Intl.DateTimeFormat, "en-GB", { ...UTC, ...options }).format(ms);

  const money = (metric) =>
    metric.unit === "USD"
      ? { style: "currency", currency: "USD", currencyDisplay: "narrowSymbol" }
      : {};

  const compact = (metric, value, more = {}) =>
    number(value, {
      ...money(metric),
      notation: "compact",
      minimumFractionDigits: metric.priced && Math.abs(value) >= 1000 ? 2 : 0,
      maximumFractionDigits: 2,
      ...more,
    });
  const signed = (metric, value) =>
    compact(metric, value, { signDisplay: "exceptZero", minimumFractionDigits: 0 });
  const full = (metric, value) =>
    number(value, {
      ...money(metric),
      minimumFractionDigits: 0,
      maximumFractionDigits: metric.unit === "USD" ? 2 : 0,
    });
  const percent = (value) => {
    const digits = Math.abs(value) < 1000 ? 1 : 0;
    return `${number(value, {
      signDisplay: "exceptZero",
      minimumFractionDigits: digits,
      maximumFractionDigits: digits,
    })}%`;
  };

  const time = (ms) => date(ms, { hour: "2-digit", minute: "2-digit" });
  // "Monday, 23 November"; with the year when it is not that of `now`.
  const day = (ms, now) => {
    const year = new Date(ms).getUTCFullYear() === new Date(now).getUTCFullYear();
    return date(ms, {
      weekday: "long", day: "numeric", month: "long", ...(year ? {} : { year: "numeric" }),
    });
  };
  const dayShort = (ms) => date(ms, { day: "numeric", month: "short", year: "numeric" });
  const moment = (ms) => `${dayShort(ms)}, ${time(ms)} UTC`;

  const UNITS = [
    ["year", 31_557_600],
    ["month", 2_629_800],
    ["day", 86_400],
    ["hour", 3_600],
    ["minute", 60],
  ];

  // "2 years ago"; under a minute "just now".
  const ago = (ms, now) => {
    const seconds = (now - ms) / 1000;
    const [unit, size] = UNITS.find(([, one]) => seconds >= one * 0.95) || [];
    if (!unit) return "just now";
    const count = Math.max(1, Math.round(seconds / size));
    return made(Intl.RelativeTimeFormat, "en", { numeric: "always" }).format(-count, unit);
  };
  const agoShort = (ms, now) =>
    ago(ms, now).replace("minute", "min").replace("mins", "min");

  // 3600 → "hour"; 21600 → "6 hours".
  const interval = (seconds) => {
    const [unit, size] =
      UNITS.slice(2).find(([, one]) => seconds >= one && seconds % one === 0) || ["second", 1];
    const count = Math.round(seconds / size);
    return count === 1 ? unit : `${count} ${unit}s`;
  };

  // For sources that have not said what they are called: their label is their key.
  const SOURCES = { dapp_expert: "dapp.expert", sample: "Sample data" };
  const source = ({ source: name, label = name }) =>
    label === name ? SOURCES[name] || name.replaceAll("_", " ") : label;

  return {
    compact, signed, full, percent, time, day, dayShort, moment, ago, agoShort, interval, source,
    number,
  };
})();

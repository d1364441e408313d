// Numbers and times as words, in the reader's language and time zone; figures look as the site
// prints them.
window.masthead = window.masthead || {};
masthead.format = (() => {
  const NUMBERS = { en: "en-US", ru: "ru-RU" };
  const DATES = { en: "en-GB", ru: "ru-RU" };
  const cache = new Map();
  let zone = masthead.state.now().zone;

  const made = (kind, locale, options) => {
    const key = kind.name + locale + JSON.stringify(options);
    if (!cache.has(key)) cache.set(key, new kind(locale, options));
    return cache.get(key);
  };
  const number = (value, options) =>
    made(Intl.NumberFormat, NUMBERS[masthead.t.language()], options)
      .format(value)
      .replace("-", "−");
  const dates = (options) =>
    made(Intl.DateTimeFormat, DATES[masthead.t.language()], {
      ...(zone === "utc" ? { timeZone: "UTC" } : {}),
      ...options,
    });
  const date = (ms, options) => dates(options).format(ms);

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
  const percent = (value, signDisplay = "exceptZero") => {
    const digits = Math.abs(value) < 1000 ? 1 : 0;
    return number(value / 100, {
      style: "percent",
      signDisplay,
      minimumFractionDigits: digits,
      maximumFractionDigits: digits,
    });
  };

  // The time zone's name at a moment: "UTC", "GMT+9".
  const zoneAt = (ms) =>
    dates({ timeZoneName: "short" }).formatToParts(ms).find(({ type }) => type === "timeZoneName")
      .value;
  // Minutes that the clock on the wall is ahead of UTC at a moment.
  const ahead = (ms) => (zone === "utc" ? 0 : -new Date(ms).getTimezoneOffset());
  const use = (name) => {
    zone = name;
  };

  const time = (ms) => date(ms, { hour: "2-digit", minute: "2-digit" });
  const year = (ms) => date(ms, { year: "numeric" });
  // "Monday, 23 November"; with the year when it is not that of `now`.
  const day = (ms, now) =>
    date(ms, {
      weekday: "long",
      day: "numeric",
      month: "long",
      ...(year(ms) === year(now) ? {} : { year: "numeric" }),
    });
  const dayShort = (ms) => date(ms, { day: "numeric", month: "short", year: "numeric" });
  const moment = (ms) => `${dayShort(ms)}, ${time(ms)} ${zoneAt(ms)}`;

  // Two clocks may differ by so much without a word.
  const AHEAD_S = 120;
  const UNITS = [
    ["year", 31_557_600],
    ["month", 2_629_800],
    ["day", 86_400],
    ["hour", 3_600],
    ["minute", 60],
  ];

  // "2 years ago"; under a minute "just now".
  const ago = (ms, now, style = "long") => {
    const seconds = (now - ms) / 1000;
    if (seconds < -AHEAD_S) return masthead.t("dated_ahead");
    const [unit, size] = UNITS.find(([, one]) => seconds >= one * 0.95) || [];
    if (!unit) return masthead.t("just_now");
    const count = Math.max(1, Math.round(seconds / size));
    const options = { numeric: "always", style };
    return made(Intl.RelativeTimeFormat, masthead.t.language(), options).format(-count, unit);
  };
  const agoShort = (ms, now) => ago(ms, now, "short");

  // The largest unit that parts so many seconds into whole ones.
  const even = (seconds) =>
    UNITS.slice(2).find(([, one]) => seconds >= one && seconds % one === 0);

  // 3600 → "1 hour"; 5400 → "90 minutes"; 20520 → "5.7 hours".
  const duration = (seconds) => {
    const [unit, size] =
      even(seconds) || UNITS.slice(2).find(([, one]) => seconds >= one) || ["second", 1];
    return number(seconds / size, {
      style: "unit", unit, unitDisplay: "long", maximumFractionDigits: 1,
    });
  };

  // 3600 → "every hour", 21600 → "every 6 hours".
  const every = (seconds) => {
    const [unit, size] = even(seconds) || ["second", 1];
    return masthead.t(`every_${unit}s`, { count: seconds / size });
  };

  // For sources that have not said what they are called: their label is their key.
  const source = ({ source: name, label }) => {
    if (label && label !== name) return label;
    if (name === "dapp_expert") return "dapp.expert";
    return name === masthead.state.SAMPLE ? masthead.t("sample") : name.replaceAll("_", " ");
  };
  // "Dapps, Blockchains and Active users".
  const list = (names) =>
    made(Intl.ListFormat, DATES[masthead.t.language()], { type: "conjunction" }).format(names);

  const metric = ({ key }) => masthead.t(`metric_${key}`);

  return {
    ago, agoShort, ahead, compact, date, day, dayShort, duration, every, full, list, metric, moment, number,
    percent, signed, source, time, use, zoneAt,
  };
})();

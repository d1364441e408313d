// What is looked at: read from and written to the address, where bad values fall back.
window.masthead = window.masthead || {};
masthead.state = (() => {
  const RANGES = ["24h", "7d", "30d", "90d", "1y", "all"];
  const RANGE = "30d";
  const SOURCE = "dapp_expert";
  const HEADLINES = 500;

  const range = (search) => {
    const asked = new URLSearchParams(search).get("range");
    return RANGES.includes(asked) ? asked : RANGE;
  };

  // The source asked for if it is known, also without a history; else the first that has one.
  const source = (search, sources) => {
    const filled = sources.filter((one) => one.last_slot !== null);
    const asked = new URLSearchParams(search).get("source");
    const found =
      sources.find((one) => one.source === asked) ||
      filled.find((one) => one.source === SOURCE) ||
      filled[0];
    return found ? found.source : SOURCE;
  };

  const search = (current, changes) => {
    const params = new URLSearchParams(current);
    for (const [name, value] of Object.entries(changes)) params.set(name, value);
    return `?${params}`;
  };

  return { HEADLINES, range, source, search };
})();

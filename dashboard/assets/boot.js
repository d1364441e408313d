// Ask for the first figures while the page's own scripts are still on their way.
(async () => {
  const { api, state } = masthead;
  try {
    const { sources } = await api.prefetch("sources");
    const source = state.source(location.search, sources);
    api.prefetch("latest", { source });
    if (!sources.some((one) => one.source === source && one.last_slot !== null)) return;
    const range = state.range(location.search);
    api.prefetch("series", { source, range });
    api.prefetch("headlines", { source, range, limit: state.HEADLINES });
  } catch {
    // The first poll asks again and says what is wrong.
  }
})();

// Ask for the first figures while the page's own scripts are still on their way.
(async () => {
  const { api, state } = masthead;
  try {
    api.prefetch("pulse");
    const { sources } = await api.prefetch("sources");
    const view = state.now();
    for (const source of state.sources(view.sources, sources)) {
      api.prefetch("latest", { source });
      if (!sources.some((one) => one.source === source && one.last_slot !== null)) continue;
      const span = state.span(view);
      api.prefetch("series", { source, ...span, points: state.points() });
      api.prefetch("headlines", { source, ...span, limit: state.HEADLINES });
    }
  } catch {
    // The first poll asks again and says what is wrong.
  }
})();

// In somebody's frame: one line under the charts says whose figures these are, and leads here.
window.masthead = window.masthead || {};
masthead.embed = (() => {
  const { h, link, put } = masthead.dom;

  const source = (part) => {
    const { credit, credit_url: address } = part.info || {};
    return h(
      "span",
      {},
      masthead.format.source(part.info || part),
      credit ? [" (", link(credit, address), ")"] : [],
    );
  };

  const full = () => {
    const href = masthead.state.search(location.search, { embed: null, theme: null });
    const { origin, pathname } = location;
    return h(
      "a",
      { href: origin + pathname + href, target: "_blank", rel: "noopener noreferrer" },
      masthead.t("embed_full"),
    );
  };

  // The charts get what notices and this line leave of the frame, which may come after they are
  // drawn or before: they are fitted whenever the box or what is in it changes.
  const fit = () => requestAnimationFrame(() => masthead.chart.resize());
  const boxes = new ResizeObserver(fit);
  const drawings = new MutationObserver(fit);
  const watch = (box) => {
    boxes.observe(box);
    drawings.observe(box, { childList: true, subtree: true });
  };

  const render = (loaded) => {
    if (!loaded.view.embed) {
      put("embed-line");
      return;
    }
    watch(document.getElementById("chart-box"));
    const span = loaded.span.map(masthead.format.moment).join(" – ");
    put("embed-line", ...loaded.drawn.map(source), h("span", {}, span), full());
  };

  return { render };
})();

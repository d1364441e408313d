// A button in the corner of each panel: one metric over the full width, and back.
window.masthead = window.masthead || {};
masthead.tools = (() => {
  const { h, svg } = masthead.dom;

  const icon = (large) =>
    svg(
      "svg",
      { viewBox: "0 0 16 16", "aria-hidden": "true", focusable: "false" },
      svg("path", { d: large ? "M7 3v4H3M9 13V9h4" : "M9 3h4v4M7 13H3V9" }),
    );

  const button = (panel, large) => {
    const label = masthead.t(large ? "all_charts" : "enlarge", { name: panel.title });
    const made = h(
      "button",
      {
        type: "button", class: "tool", title: label, "aria-label": label,
        "data-metric": panel.metric.key, style: `top: ${Math.round(panel.top) - 25}px`,
      },
      icon(large),
    );
    made.addEventListener("click", () =>
      masthead.state.go({ metric: large ? null : panel.metric.key }),
    );
    return made;
  };

  // What a panel of estimates is, in words beside its title.
  const how = (panel) => {
    const words = masthead.t(`${panel.derived}_how`);
    const made = h(
      "button",
      {
        type: "button", class: "tool how", "data-metric": panel.metric.key,
        "aria-label": masthead.t("how_of", { name: panel.title }), style: `top: ${Math.round(panel.top) - 25}px`,
      },
      masthead.t("how"),
    );
    const show = () => masthead.hint.show(made, h("p", {}, words));
    for (const event of ["focus", "pointerenter", "click"]) made.addEventListener(event, show);
    for (const event of ["blur", "pointerleave"]) made.addEventListener(event, masthead.hint.hide);
    return made;
  };

  const render = (panels) => {
    const box = document.getElementById("chart-tools");
    const focused = box.contains(document.activeElement) && document.activeElement.dataset.metric;
    const { compare, metric } = masthead.state.now();
    const large = panels[0].metric.key === metric && masthead.derived.mains(panels).length === 1;
    const made = (panel) => (panel.derived ? how(panel) : button(panel, large));
    box.replaceChildren(...(compare ? [] : panels.map(made)));
    if (focused) box.querySelector(`[data-metric="${focused}"]`)?.focus();
  };

  return { render };
})();

// The drawing library is on its way: dcc.Graph waits for it, where it would fetch the whole plotly.js.
(() => {
  if (!("plotly" in document.currentScript.dataset)) return;
  const told = (type, then) =>
    document.addEventListener(type, ({ target }) => target.id === "plotly" && then(), true);
  window.Plotly = new Promise((resolve, reject) => {
    told("load", resolve);
    told("error", () => reject(new Error("The drawing library did not arrive.")));
  });
})();

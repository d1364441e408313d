// Where the drawing library is: dcc.Graph looks here, and Dash would write the whole bundle's place.
(() => {
  const { plotly } = document.currentScript.dataset;
  if (plotly) Object.defineProperty(window, "_dashPlotlyJSURL", { get: () => plotly, set: () => {} });
})();

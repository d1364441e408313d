// The headlines as marks over the charts.
window.masthead = window.masthead || {};
masthead.rail = (() => ({ render: () => {} }))();

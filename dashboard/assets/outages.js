// The outages as marks over the charts, and their causes in words.
window.masthead = window.masthead || {};
masthead.outages = (() => ({ render: () => {}, words: ({ cause, message }) => message || cause }))();

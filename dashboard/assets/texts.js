// The charts as text: each one's name, a sentence and a table.
window.masthead = window.masthead || {};
masthead.texts = (() => ({ render: () => {} }))();

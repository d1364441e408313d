// What can be taken away: files, pictures, links.
window.masthead = window.masthead || {};
masthead.takeaway = (() => ({ render: () => {} }))();

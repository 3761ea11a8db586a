/** Exports nothing that a handler module may. */
exports.onmessage = () => {};

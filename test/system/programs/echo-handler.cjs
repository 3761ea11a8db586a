// A handler module that sends back what comes.
exports.onMessage = (connection, data) => connection.send(data);

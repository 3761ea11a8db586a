// Starts a server under test, prints its process's number, and waits to be killed.
const { startTarget } = require('../../../dist/main/load/target/start-target');
const { resolvePlan } = require('../../../dist/main/load/resolve-plan');

const options = {};
startTarget(options, resolvePlan(options)).then((target) => console.log(target.pid));

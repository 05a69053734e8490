"use strict";
const { functionPair } = require("../utilities");

const { plain, output } = functionPair("talos:cluster/getHealth:getHealth", [
  "clientConfiguration",
  "controlPlaneNodes",
  "endpoints",
  "skipKubernetesChecks",
  "timeouts",
  "workerNodes",
]);

exports.getHealth = plain;
exports.getHealthOutput = output;

"use strict";
const { functionPair } = require("../utilities");

const { plain, output } = functionPair("talos:cluster/getKubeconfig:getKubeconfig", [
  "clientConfiguration",
  "endpoint",
  "node",
  "timeouts",
  "wait",
]);

exports.getKubeconfig = plain;
exports.getKubeconfigOutput = output;

"use strict";
const { functionPair } = require("../utilities");

const { plain, output } = functionPair("talos:client/getConfiguration:getConfiguration", [
  "clientConfiguration",
  "clusterName",
  "endpoints",
  "nodes",
]);

exports.getConfiguration = plain;
exports.getConfigurationOutput = output;

"use strict";
const { functionPair } = require("../utilities");

const { plain, output } = functionPair("talos:machine/getConfiguration:getConfiguration", [
  "clusterEndpoint",
  "clusterName",
  "configPatches",
  "docs",
  "examples",
  "kubernetesVersion",
  "machineSecrets",
  "machineType",
  "talosVersion",
]);

exports.getConfiguration = plain;
exports.getConfigurationOutput = output;

"use strict";
const { resourceClass } = require("../utilities");

exports.Bootstrap = resourceClass("talos:machine/bootstrap:Bootstrap", {
  inputs: ["clientConfiguration", "clientConfigurationWo", "endpoint", "node", "timeouts"],
  required: ["node"],
  secretInputs: ["clientConfigurationWo"],
  secretOutputs: ["clientConfigurationWo"],
});

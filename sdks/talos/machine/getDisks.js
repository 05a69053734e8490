"use strict";
const { functionPair } = require("../utilities");

const { plain, output } = functionPair("talos:machine/getDisks:getDisks", [
  "clientConfiguration",
  "endpoint",
  "node",
  "selector",
  "timeouts",
]);

exports.getDisks = plain;
exports.getDisksOutput = output;

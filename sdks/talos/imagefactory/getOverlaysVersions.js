"use strict";
const { functionPair } = require("../utilities");

const { plain, output } = functionPair("talos:imageFactory/getOverlaysVersions:getOverlaysVersions", [
  "filters",
  "talosVersion",
]);

exports.getOverlaysVersions = plain;
exports.getOverlaysVersionsOutput = output;

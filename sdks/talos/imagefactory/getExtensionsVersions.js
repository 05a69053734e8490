"use strict";
const { functionPair } = require("../utilities");

const { plain, output } = functionPair("talos:imageFactory/getExtensionsVersions:getExtensionsVersions", [
  "exactFilters",
  "filters",
  "talosVersion",
]);

exports.getExtensionsVersions = plain;
exports.getExtensionsVersionsOutput = output;

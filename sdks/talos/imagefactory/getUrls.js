"use strict";
const { functionPair } = require("../utilities");

const { plain, output } = functionPair("talos:imageFactory/getUrls:getUrls", [
  "architecture",
  "platform",
  "sbc",
  "schematicId",
  "talosVersion",
]);

exports.getUrls = plain;
exports.getUrlsOutput = output;

"use strict";
const { functionPair } = require("../utilities");

const { plain, output } = functionPair("talos:imageFactory/getVersions:getVersions", ["filters"]);

exports.getVersions = plain;
exports.getVersionsOutput = output;

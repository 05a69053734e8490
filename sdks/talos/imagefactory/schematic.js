"use strict";
const { resourceClass } = require("../utilities");

exports.Schematic = resourceClass("talos:imageFactory/schematic:Schematic", {
  inputs: ["schematic"],
});

"use strict";
const { resourceClass } = require("../utilities");

exports.Secrets = resourceClass("talos:machine/secrets:Secrets", {
  inputs: ["talosVersion"],
  outputs: ["clientConfiguration", "machineSecrets"],
});

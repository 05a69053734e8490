"use strict";
const pulumi = require("@pulumi/pulumi");
const { version } = require("./utilities");

exports.Provider = require("./provider").Provider;
exports.client = require("./client");
exports.cluster = require("./cluster");
exports.config = require("./config");
exports.imagefactory = require("./imagefactory");
exports.machine = require("./machine");
exports.types = require("./types");

pulumi.runtime.registerResourcePackage("talos", {
  version,
  constructProvider(name, type, urn) {
    if (type !== "pulumi:providers:talos") throw new Error(`unknown provider type ${type}`);
    return new exports.Provider(name, undefined, { urn });
  },
});

"use strict";
const { lazyLoad, registerModule } = require("../utilities");

exports.Bootstrap = undefined;
exports.ConfigurationApply = undefined;
exports.getConfiguration = undefined;
exports.getConfigurationOutput = undefined;
exports.getDisks = undefined;
exports.getDisksOutput = undefined;
exports.Secrets = undefined;

lazyLoad(exports, ["Bootstrap"], () => require("./bootstrap"));
lazyLoad(exports, ["ConfigurationApply"], () => require("./configurationApply"));
lazyLoad(exports, ["getConfiguration", "getConfigurationOutput"], () => require("./getConfiguration"));
lazyLoad(exports, ["getDisks", "getDisksOutput"], () => require("./getDisks"));
lazyLoad(exports, ["Secrets"], () => require("./secrets"));

registerModule({
  "talos:machine/bootstrap:Bootstrap": () => exports.Bootstrap,
  "talos:machine/configurationApply:ConfigurationApply": () => exports.ConfigurationApply,
  "talos:machine/secrets:Secrets": () => exports.Secrets,
});

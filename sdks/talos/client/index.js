"use strict";
const { lazyLoad } = require("../utilities");

exports.getConfiguration = undefined;
exports.getConfigurationOutput = undefined;

lazyLoad(exports, ["getConfiguration", "getConfigurationOutput"], () => require("./getConfiguration"));

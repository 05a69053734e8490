"use strict";
const { lazyLoad } = require("../utilities");

exports.imageFactoryUrl = undefined;
lazyLoad(exports, ["imageFactoryUrl"], () => require("./vars"));

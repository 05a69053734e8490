"use strict";
exports.input = require("./input");
exports.output = require("./output");

"use strict";
const pulumi = require("@pulumi/pulumi");

const config = new pulumi.Config("talos");

Object.defineProperty(exports, "imageFactoryUrl", { enumerable: true, get: () => config.get("imageFactoryUrl") });

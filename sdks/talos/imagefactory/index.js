"use strict";
const { lazyLoad, registerModule } = require("../utilities");

exports.getExtensionsVersions = undefined;
exports.getExtensionsVersionsOutput = undefined;
exports.getOverlaysVersions = undefined;
exports.getOverlaysVersionsOutput = undefined;
exports.getUrls = undefined;
exports.getUrlsOutput = undefined;
exports.getVersions = undefined;
exports.getVersionsOutput = undefined;
exports.Schematic = undefined;

lazyLoad(exports, ["getExtensionsVersions", "getExtensionsVersionsOutput"], () => require("./getExtensionsVersions"));
lazyLoad(exports, ["getOverlaysVersions", "getOverlaysVersionsOutput"], () => require("./getOverlaysVersions"));
lazyLoad(exports, ["getUrls", "getUrlsOutput"], () => require("./getUrls"));
lazyLoad(exports, ["getVersions", "getVersionsOutput"], () => require("./getVersions"));
lazyLoad(exports, ["Schematic"], () => require("./schematic"));

registerModule({
  "talos:imageFactory/schematic:Schematic": () => exports.Schematic,
});

"use strict";
const { lazyLoad, registerModule } = require("../utilities");

exports.getHealth = undefined;
exports.getHealthOutput = undefined;
exports.getKubeconfig = undefined;
exports.getKubeconfigOutput = undefined;
exports.Kubeconfig = undefined;

lazyLoad(exports, ["getHealth", "getHealthOutput"], () => require("./getHealth"));
lazyLoad(exports, ["getKubeconfig", "getKubeconfigOutput"], () => require("./getKubeconfig"));
lazyLoad(exports, ["Kubeconfig"], () => require("./kubeconfig"));

registerModule({
  "talos:cluster/kubeconfig:Kubeconfig": () => exports.Kubeconfig,
});

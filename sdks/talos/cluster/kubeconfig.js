"use strict";
const { resourceClass } = require("../utilities");

exports.Kubeconfig = resourceClass("talos:cluster/kubeconfig:Kubeconfig", {
  inputs: ["certificateRenewalDuration", "clientConfiguration", "endpoint", "node", "timeouts"],
  required: ["clientConfiguration", "node"],
  outputs: ["kubeconfigRaw", "kubernetesClientConfiguration"],
  secretOutputs: ["kubeconfigRaw"],
});

"use strict";
const { resourceClass } = require("../utilities");

exports.ConfigurationApply = resourceClass("talos:machine/configurationApply:ConfigurationApply", {
  inputs: [
    "applyMode",
    "clientConfiguration",
    "clientConfigurationWo",
    "configPatches",
    "endpoint",
    "machineConfigurationInput",
    "machineConfigurationInputWo",
    "node",
    "onDestroy",
    "timeouts",
  ],
  required: ["node"],
  outputs: ["machineConfiguration", "machineConfigurationHash", "resolvedApplyMode"],
  secretInputs: ["clientConfigurationWo", "machineConfigurationInput", "machineConfigurationInputWo"],
  secretOutputs: [
    "clientConfigurationWo",
    "machineConfiguration",
    "machineConfigurationInput",
    "machineConfigurationInputWo",
  ],
});

"use strict";
const pulumi = require("@pulumi/pulumi");
const { packageOptions } = require("./utilities");

class Provider extends pulumi.ProviderResource {
  static __pulumiType = "talos";

  static isInstance(obj) {
    return obj !== undefined && obj !== null && obj.__pulumiType === "pulumi:providers:talos";
  }

  constructor(name, args, opts) {
    const bag = { imageFactoryUrl: args?.imageFactoryUrl };
    super("talos", name, bag, pulumi.mergeOptions(packageOptions(), opts ?? {}));
  }

  terraformConfig() {
    return pulumi.runtime.call("pulumi:providers:talos/terraformConfig", { __self__: this }, this);
  }
}

exports.Provider = Provider;

"use strict";
const pulumi = require("@pulumi/pulumi");
const { version } = require("./package.json");

/** What every resource and call of this package says about the plugin that serves it. */
function packageOptions() {
  return { version, pluginDownloadURL: "github://api.github.com/pulumiverse" };
}

/**
 * Makes the class of a resource type from the names of its properties.
 * @param {string} token
 * @param {{inputs: string[], required?: string[], outputs?: string[], secretInputs?: string[], secretOutputs?: string[]}} table
 * @returns {any} its type stands in the declaration file of the resource
 */
function resourceClass(token, { inputs, required = [], outputs = [], secretInputs = [], secretOutputs = [] }) {
  const properties = [...inputs, ...outputs];
  const type = class extends pulumi.CustomResource {
    static __pulumiType = token;

    static get(name, id, state, opts) {
      return new type(name, state, { ...opts, id });
    }

    static isInstance(obj) {
      return obj !== undefined && obj !== null && obj.__pulumiType === token;
    }

    constructor(name, argsOrState, opts = {}) {
      const bag = {};
      if (opts.id) {
        for (const property of properties) bag[property] = argsOrState?.[property];
      } else {
        for (const property of required) {
          if (argsOrState?.[property] === undefined && !opts.urn) {
            throw new Error(`Missing required property '${property}'`);
          }
        }
        for (const property of inputs) {
          const value = argsOrState?.[property];
          bag[property] = value && secretInputs.includes(property) ? pulumi.secret(value) : value;
        }
        for (const property of outputs) bag[property] = undefined;
      }
      const own = secretOutputs.length > 0 ? { additionalSecretOutputs: secretOutputs } : {};
      super(token, name, bag, pulumi.mergeOptions(pulumi.mergeOptions(packageOptions(), opts), own));
    }
  };
  Object.defineProperty(type, "name", { value: token.slice(token.lastIndexOf(":") + 1) });
  return type;
}

/** Makes both forms of a provider function: with plain values and with outputs. */
function functionPair(token, inputs) {
  const bagOf = (args) => Object.fromEntries(inputs.map((property) => [property, args?.[property]]));
  const withDefaults = (opts) => pulumi.mergeOptions(packageOptions(), opts ?? {});
  return {
    plain: (args, opts) => pulumi.runtime.invoke(token, bagOf(args), withDefaults(opts)),
    output: (args, opts) => pulumi.runtime.invokeOutput(token, bagOf(args), withDefaults(opts)),
  };
}

/** Loads a file of this package only when one of its exports is asked for. */
function lazyLoad(target, names, load) {
  for (const name of names) {
    Object.defineProperty(target, name, { enumerable: true, get: () => load()[name] });
  }
}

/** Lets the engine hand over references to resources of these types. */
function registerModule(classes) {
  const construct = (name, type, urn) => {
    const resource = classes[type]?.();
    if (!resource) throw new Error(`unknown resource type ${type}`);
    return new resource(name, undefined, { urn });
  };
  for (const token of Object.keys(classes)) {
    pulumi.runtime.registerResourceModule("talos", token.split(":")[1], { version, construct });
  }
}

module.exports = { functionPair, lazyLoad, packageOptions, registerModule, resourceClass, version };

/** What an API server of some version says of objects: those of its own kinds, and of custom ones. */
import { type Bag, isBag } from "../chart-files.ts";
import { type Check, Schemas } from "../json-schema.ts";
import type { Definition } from "./definitions.ts";
import { kindsOf, type OpenApi, strictSchema } from "./openapi.ts";

/** A definition and the entry whose chart brings it; no entry for those that were put beside the charts. */
export type KnownDefinition = Definition & { entry?: string };

/**
 * Versions that are served although they are beta: from 1.24 on new ones are not.
 * Source: k8s.io/kubernetes, pkg/controlplane/instance.go, legacyBetaEnabledByDefaultResources.
 */
const servedBetas = ["flowcontrol.apiserver.k8s.io/v1beta3"];

/** Takes objects as with `fieldValidation: Strict`. */
export class ApiServer {
  private readonly version: string;
  private readonly kinds: Map<string, string>;
  private readonly schemas: Schemas;
  private readonly definitions: readonly KnownDefinition[];
  private readonly checks = new Map<string | Definition, Check>();

  /** @param version of Kubernetes, without v */
  constructor(version: string, openApi: OpenApi, definitions: readonly KnownDefinition[]) {
    this.version = version;
    this.kinds = kindsOf(openApi);
    this.schemas = new Schemas({ kubernetes: strictSchema(openApi) }, true);
    this.definitions = definitions;
  }

  /**
   * What is wrong with an object; undefined when nobody defines its kind.
   * @param entry whose object it is: what its own chart defines goes before what others do
   */
  problems(object: Bag, entry: string): string[] | undefined {
    const { apiVersion, kind, metadata } = object;
    if (typeof apiVersion !== "string" || typeof kind !== "string") return ["an object has no apiVersion or kind"];
    const name = isBag(metadata) ? metadata.name : undefined;
    if (typeof name !== "string") return [`a ${kind} has no name`];
    const said = this.builtIn(object, apiVersion, kind) ?? this.custom(object, `${apiVersion} ${kind}`, entry);
    return said?.map((problem) => `${kind} ${name}: ${problem}`);
  }

  private builtIn(object: Bag, apiVersion: string, kind: string): string[] | undefined {
    const reference = this.kinds.get(`${apiVersion} ${kind}`);
    const [group] = apiVersion.includes("/") ? apiVersion.split("/") : [""];
    if (reference && isServed(apiVersion)) return this.check(reference, { $ref: reference })(withoutNulls(object));
    if (!reference && group?.includes(".") && !this.groups.has(group)) return undefined;
    const others = [...this.kinds.keys()].flatMap((known) => {
      const [at = "", word] = known.split(" ");
      return word === kind && isServed(at) && at.replace(/\/?[^/]*$/, "") === group ? [at] : [];
    });
    const hint = others.length > 0 ? `; it is in ${others.join(" and ")}` : "";
    return [`Kubernetes ${this.version} serves no ${apiVersion} ${kind}${hint}`];
  }

  /** Where several charts define a kind, one of them has to take the object. */
  private custom(object: Bag, kind: string, entry: string): string[] | undefined {
    const all = this.definitions.filter((definition) => definition.kind === kind);
    const own = all.filter((definition) => definition.entry === entry);
    const said = (own.length > 0 ? own : all).map((definition) => {
      const { status, ...rest } = object;
      const metadata = isBag(object.metadata) ? withoutNulls(object.metadata) : object.metadata;
      const seen = definition.statusApart ? rest : object;
      return this.check(definition, definition.schema)({ ...seen, metadata });
    });
    return said.find((problems) => problems.length === 0) ?? said[0];
  }

  private get groups(): Set<string> {
    return new Set(
      [...this.kinds.keys()].flatMap((known) => (known.includes("/") ? [known.split("/")[0] as string] : [])),
    );
  }

  private check(key: string | Definition, schema: Bag): Check {
    const check = this.checks.get(key) ?? this.schemas.compile(schema);
    this.checks.set(key, check);
    return check;
  }
}

/** Alpha versions are there when somebody asks for them only, beta versions likewise. */
function isServed(apiVersion: string): boolean {
  return !/v\d+(alpha|beta)\d+$/.test(apiVersion) || servedBetas.includes(apiVersion);
}

/** A null stands for what was left out. */
function withoutNulls(value: Bag): Bag {
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, inside]) => inside !== null)
      .map(([key, inside]) => [key, deep(inside)]),
  );
}

function deep(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(deep);
  return isBag(value) ? withoutNulls(value) : value;
}

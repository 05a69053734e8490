import type { ResourceType } from "../../protocol/provider.ts";
import { isUnknown } from "../../protocol/values.ts";
import { sha256 } from "../contents.ts";
import { changedNames, checkInputs, type TalosContext } from "../context.ts";
import { canonicalSchematic, schematicProblem } from "../schematic.ts";

const token = "talos:imageFactory/schematic:Schematic";

/** Registers schematics with the lab's Image Factory, which knows them by the SHA-256 of their canonical form. */
export function schematicResource({ part, world }: TalosContext): ResourceType {
  function register(text: string): string {
    const canonical = canonicalSchematic(text);
    const id = sha256(canonical);
    if (!part.schematics[id]) {
      part.schematics[id] = canonical;
      world.record("schematic.create", id);
    }
    return id;
  }
  return {
    check(news) {
      const failures = checkInputs(token, news);
      if (typeof news.schematic === "string" && !isUnknown(news.schematic)) {
        const problem = schematicProblem(news.schematic);
        if (problem) failures.push({ property: "schematic", reason: problem });
      }
      return { inputs: news, failures };
    },
    diff(_id, oldInputs, _oldOutputs, news) {
      return { changed: changedNames(oldInputs, news, ["schematic"]), replaces: [] };
    },
    async create(inputs) {
      return { id: register((inputs.schematic as string | undefined) ?? ""), outputs: { schematic: inputs.schematic } };
    },
    async read(id, _inputs, outputs) {
      return { id, outputs };
    },
    async update(_id, _oldInputs, _oldOutputs, news) {
      register((news.schematic as string | undefined) ?? "");
      return { schematic: news.schematic };
    },
    async delete() {},
  };
}

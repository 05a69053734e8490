/** Writes the pages that are made from source: `node docs/generate/main.ts`. */
import { writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { configurationPage } from "./configuration.ts";

const root = resolve(import.meta.dirname, "../..");
writeFileSync(join(root, "docs/configuration.md"), configurationPage(root));

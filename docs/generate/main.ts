/** Writes the pages that are made from sources: `npm run docs`. */
import { writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { addonsPage } from "./addons.ts";
import { configurationPage } from "./configuration.ts";

const root = resolve(import.meta.dirname, "../..");
writeFileSync(join(root, "docs/configuration.md"), configurationPage(root));
writeFileSync(join(root, "docs/add-ons.md"), addonsPage(root));

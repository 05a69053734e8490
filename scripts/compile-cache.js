/** Keeps what Node.js compiles: the second start of the program takes a fifth less time. Loaded before everything else. */
import { enableCompileCache } from "node:module";
import path from "node:path";

enableCompileCache(path.join(import.meta.dirname, "..", "node_modules", ".cache", "node"));

#!/usr/bin/env node
/**
 * `npm run check`: types, lint and format, unit tests, side by side; what each says stays together.
 */
import { spawn } from "node:child_process";
import path from "node:path";
import { projectFolder } from "./setup/places.js";
import { duration } from "./setup/progress.js";

const mocha = ["mocha/bin/mocha.js", "--reporter", "dot", "--timeout", "20000", "test/unit/**/*.test.ts"];
const steps = {
  types: ["typescript/bin/tsc", "--noEmit"],
  lint: ["@biomejs/biome/bin/biome", "check", "--error-on-warnings"],
  "unit tests": mocha,
};

const results = await Promise.all(Object.entries(steps).map(([name, [file = "", ...args]]) => run(name, file, args)));
const failed = results.filter((result) => !result.ok);
for (const { name } of failed) console.log(`failed: ${name}`);
process.exitCode = failed.length > 0 ? 1 : 0;

/**
 * @param {string} name
 * @param {string} file below node_modules
 * @param {string[]} args
 * @returns {Promise<{ name: string, ok: boolean }>}
 */
function run(name, file, args) {
  const startedAt = Date.now();
  const colour = process.stdout.isTTY ? { FORCE_COLOR: "1" } : {};
  const options = { cwd: projectFolder, env: { ...process.env, ...colour } };
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [path.join(projectFolder, "node_modules", file), ...args], options);
    /** @type {Buffer[]} */
    const output = [];
    child.stdout.on("data", (chunk) => output.push(chunk));
    child.stderr.on("data", (chunk) => output.push(chunk));
    // A process that outlives its parent would keep the output open for ever.
    child.on("exit", () => {
      setTimeout(() => {
        child.stdout.destroy();
        child.stderr.destroy();
      }, 1000).unref();
    });
    child.on("close", (code) => {
      console.log(`== ${name}: ${code === 0 ? "ok" : "failed"}, ${duration(Date.now() - startedAt)}`);
      console.log(Buffer.concat(output).toString().trim());
      resolve({ name, ok: code === 0 });
    });
  });
}

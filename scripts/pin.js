#!/usr/bin/env node
/**
 * `npm run pin -- talosctl v1.12.0`, `npm run pin -- pulumi 3.259.0`: makes the Go module below scripts/tools that pins a
 * tool with everything it is built from.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, rmSync } from "node:fs";
import { toolModule } from "./setup/places.js";

const [tool, version = ""] = process.argv.slice(2);
const number = version.replace(/^v/, "");
if ((tool !== "talosctl" && tool !== "pulumi") || !/^\d+\.\d+\.\d+(-[a-z]+\.\d+)?$/.test(number)) {
  console.error("usage: npm run pin -- talosctl|pulumi <version>");
  process.exit(2);
}

const name = tool === "talosctl" ? `talosctl-v${number}` : "pulumi";
const command =
  tool === "talosctl" ? "github.com/siderolabs/talos/cmd/talosctl" : "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi";
const folder = toolModule(name);
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
const go = (/** @type {string[]} */ ...args) =>
  execFileSync("go", args, { cwd: folder, stdio: "inherit", env: { ...process.env, GOWORK: "off", GOFLAGS: "" } });
go("mod", "init", `orrery.invalid/tools/${name}`);
go("get", "-tool", `${command}@v${number}`);

import assert from "node:assert/strict";
import { createRequire } from "node:module";
import type { ClientOptions } from "@grpc/grpc-js";
import { watchPrograms } from "../../../fleet/language-server.ts";

const require = createRequire(import.meta.url);

describe("fleet/language-server", () => {
  it("lets no connection of the SDK wait longer than a second before it tries again", () => {
    watchPrograms();
    const { grpcClientOptions } = require("@pulumi/pulumi/runtime/settings.js") as { grpcClientOptions: ClientOptions };
    assert.equal(grpcClientOptions["grpc.max_reconnect_backoff_ms"], 1000);
  });
});

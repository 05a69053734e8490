import { createRequire } from "node:module";
import type * as Grpc from "@grpc/grpc-js";
import { lostEngine } from "../stacks/names.ts";

/** How long the engine may take to accept the program's connections. */
const connectSeconds = 30;

/** How long a connection waits at most before it tries again. */
const longestBackoffMs = 1000;

interface RunRequest {
  getMonitorAddress(): string;
  getArgsList(): string[];
}

type Answer = (error: Error | null | undefined, response?: unknown) => void;

interface LanguageServer {
  program: () => Promise<unknown>;
  run(call: { request: RunRequest }, answer: Answer): unknown;
}

const require = createRequire(import.meta.url);
/** Connections are shared by what uses the same copy of the library, so it has to be the SDK's. */
const requireAsSdk = createRequire(require.resolve("@pulumi/pulumi/package.json"));
let watched = false;

/**
 * Sees to it that the engine hears of a program that could not begin or was cut off. The Automation API's server reports
 * success when its first call to the engine fails because of the connection, which happens on busy machines, and the
 * engine would delete all that such a program did not name.
 */
export function watchPrograms(): void {
  if (watched) return;
  watched = true;
  // What is left of connections to an engine that was killed tries again ever more seldom, up to two minutes. Another engine
  // that is given the same port shares them, and would be taken for one that does not answer.
  connectionOptions()["grpc.max_reconnect_backoff_ms"] = longestBackoffMs;
  const { LanguageServer } = require("@pulumi/pulumi/automation/server.js") as {
    LanguageServer: { prototype: LanguageServer };
  };
  const { run } = LanguageServer.prototype;
  LanguageServer.prototype.run = async function (call, answer) {
    const { program } = this;
    let state: "waiting" | "running" | "complete" = "waiting";
    this.program = async () => {
      state = "running";
      const outputs = await program();
      state = "complete";
      return outputs;
    };
    const { request } = call;
    const clients = [request.getMonitorAddress(), ...request.getArgsList().slice(0, 1)].filter(Boolean).map(clientFor);
    const end: Answer = (error, response) => {
      for (const client of clients) client.close();
      answer(error, response);
    };
    try {
      await Promise.all(clients.map(connected));
    } catch (error) {
      end(new Error(`${lostEngine}: ${error instanceof Error ? error.message : String(error)}`));
      return;
    }
    run.call(this, call, (error, response) => {
      // A program that fails while it runs has said why.
      if (state === "waiting" || (!error && state === "running")) {
        end(new Error(`${lostEngine} before the program had said what it wants`));
      } else {
        end(error, response);
      }
    });
  };
}

/** Connects before the SDK does, which then finds the connection. */
function clientFor(address: string): Grpc.Client {
  const { Client, credentials } = requireAsSdk("@grpc/grpc-js") as typeof Grpc;
  return new Client(address, credentials.createInsecure(), connectionOptions());
}

/** Those of all connections of the SDK to engines; connections of the same options are shared. */
function connectionOptions(): Grpc.ClientOptions {
  return (require("@pulumi/pulumi/runtime/settings.js") as { grpcClientOptions: Grpc.ClientOptions }).grpcClientOptions;
}

/** Unlike the SDK's first call this tries again when a connection is refused. */
function connected(client: Grpc.Client): Promise<void> {
  return new Promise((resolve, reject) => {
    client.waitForReady(Date.now() + connectSeconds * 1000, (error) => (error ? reject(error) : resolve()));
  });
}

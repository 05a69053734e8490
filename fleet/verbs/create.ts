import type { EngineStack } from "../engine.ts";
import { shareSalt } from "../lab/secrets.ts";
import type { Work } from "./context.ts";

/** Makes the stack, without resources. */
export async function createStack({ stack, context }: Work): Promise<EngineStack> {
  if (context.request.lab) shareSalt(context.folders, stack);
  return context.engine.create(stack);
}

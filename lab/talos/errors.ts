/** Status codes of gRPC that the Talos API answers with. */
export type TalosCode =
  | "AlreadyExists"
  | "FailedPrecondition"
  | "InvalidArgument"
  | "NotFound"
  | "PermissionDenied"
  | "Unavailable"
  | "Unimplemented"
  | "Unknown";

/** An error of the Talos API in the form that its clients print. */
export class TalosError extends Error {
  readonly code: TalosCode;
  readonly description: string;

  constructor(code: TalosCode, description: string) {
    super(`rpc error: code = ${code} desc = ${description}`);
    this.code = code;
    this.description = description;
  }
}

/** Nobody listens at an address. */
export function unreachable(address: string): TalosError {
  const host = address.includes(":") ? `[${address}]` : address;
  return new TalosError(
    "Unavailable",
    `connection error: desc = "transport: Error while dialing: dial tcp ${host}:50000: connect: no route to host"`,
  );
}

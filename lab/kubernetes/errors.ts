/** Why the Kubernetes API refused a request, as its clients tell the reasons apart. */
export type ApiReason = "NotFound" | "AlreadyExists" | "Invalid" | "BadRequest" | "NoMatch" | "Unreachable";

/** An error of the Kubernetes API in the form that its clients print. */
export class ApiError extends Error {
  readonly reason: ApiReason;

  constructor(reason: ApiReason, message: string) {
    super(message);
    this.reason = reason;
  }
}

/** The object is not there. */
export function notFound(plural: string, name: string): ApiError {
  return new ApiError("NotFound", `${plural} "${name}" not found`);
}

/** The API has no such kind, which is what a custom resource without its definition meets. */
export function noMatch(kind: string, apiVersion: string): ApiError {
  return new ApiError("NoMatch", `no matches for kind "${kind}" in version "${apiVersion}"`);
}

/** What a user typed, with everything around it that a tool may look at. */
export interface ToolCall {
  args: string[];
  /** Contents of the files that arguments and environment name, by the path as it was written. */
  files: Record<string, string>;
  /** Folders that arguments name. */
  folders: string[];
  /** `TALOSCONFIG`, `KUBECONFIG`, `HOME`. */
  env: Record<string, string>;
  /** Folder that the tool was started in. @default that of the lab's process */
  cwd?: string;
}

/** How a tool ends. */
export interface ToolResult {
  stdout: string;
  stderr: string;
  code: number;
  /** Files for the caller to write, readable by the owner only. @default none */
  files?: Record<string, string>;
}

/** One tool of the lab. */
export type Tool = (call: ToolCall) => Promise<ToolResult>;

/** An error that a tool prints and ends with. */
export class ToolFailure extends Error {
  readonly code: number;

  constructor(message: string, code = 1) {
    super(message);
    this.code = code;
  }
}

/**
 * One thing that set-up has to do.
 *
 * @typedef {object} Task
 * @property {string} title such as `Pulumi CLI 3.259.0`
 * @property {string} [expected] how long it takes, when that is long
 * @property {(report: (what: string) => void, signal: AbortSignal) => Promise<void>} run
 */

/**
 * Runs all tasks side by side and tells about it: on a terminal one line that shows the time, elsewhere a line at
 * start, every 30 seconds and at the end. The first failure stops the others.
 *
 * @param {Task[]} tasks
 * @param {Pick<NodeJS.WriteStream, "write" | "isTTY" | "columns">} output
 * @param {AbortSignal} signal stops all tasks
 * @returns {Promise<void>}
 */
export async function runTasks(tasks, output, signal) {
  const startedAt = Date.now();
  const doing = new Map(tasks.map((task) => [task.title, "starting"]));
  const say = (/** @type {string} */ line) => output.write(`${output.isTTY ? "\r\x1b[K" : ""}${line}\n`);
  const stopped = new AbortController();
  const either = AbortSignal.any([signal, stopped.signal]);

  say("set-up, needed once:");
  for (const task of tasks) say(`  ${task.title}${task.expected ? ` (${task.expected})` : ""}`);

  const show = () => {
    const what = [...doing].map(([title, step]) => `${title}: ${step}`).join(", ");
    const line = `  ${duration(Date.now() - startedAt)}  ${what}`;
    if (output.isTTY) output.write(`\r\x1b[K${line.slice(0, (output.columns ?? 80) - 1)}`);
    else say(line);
  };
  const timer = setInterval(show, output.isTTY ? 500 : 30_000);
  try {
    await Promise.all(
      tasks.map(async (task) => {
        const report = (/** @type {string} */ step) => doing.set(task.title, step);
        await task.run(report, either).catch((error) => {
          stopped.abort();
          throw error;
        });
        doing.delete(task.title);
        say(`  ${task.title} ready after ${duration(Date.now() - startedAt)}`);
      }),
    );
  } finally {
    clearInterval(timer);
    if (output.isTTY) output.write("\r\x1b[K");
  }
}

/**
 * @param {number} ms
 * @returns {string} such as `4m 07s`
 */
export function duration(ms) {
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds}s`;
  return `${Math.floor(seconds / 60)}m ${String(seconds % 60).padStart(2, "0")}s`;
}

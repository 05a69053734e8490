/**
 * Hands a command line to the lab that `ORRERY_LAB` names, and ends as the lab says. Plain JavaScript: it runs with whatever
 * Node.js a command finds.
 *
 * @param {string} tool
 */
export async function callLab(tool) {
  const lab = process.env.ORRERY_LAB;
  if (!lab) {
    process.stderr.write(`${tool}: this is the lab's ${tool}, and ORRERY_LAB does not name a lab\n`);
    process.exitCode = 125;
    return;
  }
  const request = { tool, args: process.argv.slice(2), cwd: process.cwd() };
  try {
    const answer = await fetch(`http://${lab}/`, { method: "POST", body: JSON.stringify(request) });
    const { code, stdout, stderr } = /** @type {{ code: number, stdout: string, stderr: string }} */ (
      await answer.json()
    );
    process.stdout.write(stdout);
    process.stderr.write(stderr);
    process.exitCode = code;
  } catch (error) {
    process.stderr.write(`${tool}: the lab at ${lab} does not answer: ${error}\n`);
    process.exitCode = 125;
  }
}

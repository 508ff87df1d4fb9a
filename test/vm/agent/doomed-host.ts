/**
 * A host that will be killed: starts a command in a guest, reads some of its output, says where it is, and
 * stays. Arguments: the agent's socket, the session, the least number of bytes to read, the command.
 */
import { AgentClient } from "#hypervisor/agent/client";

const [path = "", session = "", least = "0", ...argv] = process.argv.slice(2);
const client = new AgentClient({ path, guest: "tiny", session });
const command = await client.exec({ argv });
let output = 0;
for await (const chunk of command.stdout) {
  output += chunk.length;
  if (output < Number(least)) continue;
  process.stdout.write(`${JSON.stringify({ id: command.id, output })}\n`);
  await new Promise(() => undefined);
}

import { command, flag } from "../command.ts";

export const promote = command({
  operands: [{ name: "GUEST" }],
  options: { "accept-loss": flag("It goes on without what it wrote since its replica was last in sync.") },
  about: `Starts a guest whose host is lost on the host that has its replica. A highly available guest whose replica is in sync is started so by
    itself; this is for one whose replica is behind, and for one that is not highly available, whose host has to be known to be off ('lodge
    fence'). What its old host alone has it keeps as volumes, named GUEST-DISK-TIME, when it is back.`,
  examples: [["lodge replica promote web --accept-loss", "start it with what was last in sync"]],
  async run({ operands, options }, { client, terminal }) {
    const [replica = ""] = operands;
    const body = { acceptLoss: options["accept-loss"] ?? false };
    const { guest, host, syncedAt, lost } = await client.call("replicaPromote", {
      params: { replica },
      body,
    });
    const until = lost ? ` with what it had written at ${syncedAt}` : "";
    terminal.print(`${guest} is started on ${host}${until}`);
  },
});

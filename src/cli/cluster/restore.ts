import { resolve } from "node:path";
import { LodgeError } from "#contract/errors";
import { withPatience } from "#client/patience";
import { command, flag } from "../command.ts";
import { exitCode } from "../exit-code.ts";

/** Milliseconds for which the daemon may be away. */
const patience = 180_000;
const pause = 500;

export const restore = command({
  operands: [{ name: "FILE", complete: "file" }],
  options: { yes: flag("That what was changed since the backup is lost is known.") },
  about: `For a cluster whose majority does not come back. This host alone keeps the state from then on, as it was when the backup was
    made: end the daemons of all other hosts before, and start them after it; they find this one and keep the state with it again.
    Guests run on; records of what was made since the backup are lost.`,
  examples: [["lodge cluster restore /srv/backup/cluster-monday --yes", "begin anew with this host"]],
  async run({ operands, options }, context) {
    const { client, terminal } = context;
    const [file = ""] = operands;
    const usage = (reason: string) => new LodgeError("api.usage", { reason, command: context.name });
    if (!context.local) throw usage("the file is read on the host that is asked");
    if (!options.yes) throw usage("what was changed since the backup is lost: --yes says that this is known");
    const { version, startedAt } = await client.call("hostGet");
    await client.call("clusterRestore", { body: { path: resolve(file) } });
    await withPatience(
      async () => {
        const host = await client.call("hostGet");
        if (host.startedAt === startedAt && host.version === version)
          throw new LodgeError("api.daemon_lost", { address: client.address });
      },
      patience,
      undefined,
    );
    await new Promise((done) => setTimeout(done, pause));
    const { says } = await client.call("clusterGet");
    for (const line of says) terminal.print(line);
    return says.some((line) => line.startsWith("The backup was not restored"))
      ? exitCode.failure
      : exitCode.ok;
  },
});

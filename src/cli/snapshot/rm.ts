import { counted } from "#base/counted";
import type { Operation } from "#contract/operation";
import { command } from "../command.ts";
import type { Context } from "../context.ts";
import { leftToItself } from "../disk/left-to-itself.ts";
import { follow, waitOption } from "../operation/follow.ts";
import { formatSize } from "../values.ts";

export const rm = command({
  operands: [
    { name: "GUEST", complete: "guest" },
    { name: "SNAPSHOT", many: true, complete: "snapshot" },
  ],
  options: waitOption,
  about: `What stood on it stands on the one before it from then on, and loses nothing: of what is on disks, only what
    nobody else needs is freed.`,
  examples: [["lodge snapshot rm web before-upgrade", "remove one"]],
  async run({ operands, options }, context) {
    const [guest = "", ...snapshots] = operands;
    for (const snapshot of snapshots) {
      const operation = await context.client.call("snapshotDelete", { params: { guest, snapshot } });
      if (options.wait === false) await leftToItself(context, operation);
      else await tell(context, operation, `${guest}: removing ${snapshot}`);
    }
  },
});

export async function tell(context: Context, operation: Operation, label: string): Promise<void> {
  const { result } = await follow(context, operation, label);
  const { removed, freed } = result as { removed: readonly string[]; freed: number };
  const what = removed.length === 1 ? removed[0]! : counted(removed.length, "snapshot");
  context.terminal.print(
    removed.length === 0 ? "There is nothing to remove." : `${what} removed, ${formatSize(freed)} freed`,
  );
}

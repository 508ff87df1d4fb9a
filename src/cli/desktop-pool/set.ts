import { LodgeError } from "#contract/errors";
import { command } from "../command.ts";
import { poolOptions, wishes } from "./options.ts";

export const set = command({
  operands: [{ name: "POOL", complete: "desktop-pool" }],
  options: poolOptions,
  about: `A new image, shape, clipboard or file policy comes to standbys at once, and to desktops that are open as --roll-out says;
    everything else holds from now on. Of --user, --group and --claim, those that are given take the place of those it had.`,
  examples: [
    ["lodge desktop-pool set office --standby 5", "more of them ready"],
    ["lodge desktop-pool set office --image debian-13-lxqt --roll-out wave:5:600", "another image, in waves"],
    ["lodge desktop-pool set office --idle 30m --sign-off-after 2h", "rules for whoever went away"],
    ["lodge desktop-pool set office --clipboard in --files none", "nothing comes out"],
  ],
  async run({ operands, options }, { client, terminal, name: command }) {
    const [desktopPool = ""] = operands;
    if (Object.keys(options).length === 0)
      throw new LodgeError("api.usage", { reason: "Nothing to change was given", command });
    const params = { desktopPool };
    const now = await client.call("desktopPoolGet", { params });
    await client.call("desktopPoolUpdate", { params, body: wishes(options, now) });
    terminal.print(`desktop pool ${now.name} is changed`);
  },
});

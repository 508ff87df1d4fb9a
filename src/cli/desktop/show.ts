import { command } from "../command.ts";
import { formatOption, printItem } from "../output.ts";
import { formatTime } from "../values.ts";

const time = (at: string | undefined): string | undefined => (at === undefined ? undefined : formatTime(at));

export const show = command({
  operands: [{ name: "DESKTOP", complete: "desktop" }],
  options: formatOption,
  examples: [["lodge desktop show dt0123456789", "who watches it, and since when"]],
  async run({ operands, options }, { client, terminal }) {
    const [desktop = ""] = operands;
    const found = await client.call("desktopGet", { params: { desktop } });
    await printItem(terminal, found, options.format, (shown) => [
      ["id", shown.id],
      ["user", shown.user],
      ["pool", shown.poolName],
      ["project", shown.project],
      ["state", shown.state],
      ["no answer since", time(shown.lost?.since)],
      ["in place of", shown.replaces && `one that was lost with ${shown.replaces.host}`],
      ["guest", shown.guestName],
      ["host", shown.host],
      ["given", formatTime(shown.createdAt)],
      ["connected", time(shown.connectedAt)],
      ["disconnected", time(shown.disconnectedAt)],
      ["last input", time(shown.lastInputAt)],
      ["announced", shown.announced && `${shown.announced.what} at ${formatTime(shown.announced.at)}`],
      [
        "viewers",
        shown.unheard
          ? "not known: its host did not say in time"
          : shown.viewers.map(({ user, shadow }) => (shadow ? `${user} (looks on)` : user)).join(", "),
      ],
    ]);
  },
});

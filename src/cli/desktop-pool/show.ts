import type { Schemas } from "#contract/schemas";
import { command } from "../command.ts";
import { formatOption, printItem } from "../output.ts";
import { formatDuration, formatSize, formatTime } from "../values.ts";
import { formatHours } from "./hours.ts";

export const show = command({
  operands: [{ name: "POOL", complete: "desktop-pool" }],
  options: formatOption,
  examples: [["lodge desktop-pool show office", "all about it"]],
  async run({ operands, options }, { client, terminal }) {
    const [desktopPool = ""] = operands;
    const found = await client.call("desktopPoolGet", { params: { desktopPool } });
    await printItem(terminal, found, options.format, (pool) => [
      ["name", pool.name],
      ["id", pool.id],
      ["title", pool.title],
      ["description", pool.description],
      ["project", pool.project],
      ["made of", pool.image === undefined ? `guest ${pool.guest}` : `image ${pool.image}`],
      ["keeps", pool.homeSize === undefined ? pool.keeps : `home, ${formatSize(pool.homeSize)} each`],
      ["processors", pool.cpus === undefined ? undefined : String(pool.cpus)],
      ["memory", pool.memory === undefined ? undefined : formatSize(pool.memory)],
      ["standbys", `${pool.ready} of ${pool.standby.count} ready, ${pool.making} being made`],
      ["desktops", `${pool.desktops}, ${pool.connected} connected, ${pool.outdated} outdated`],
      ["most", pool.most === undefined ? undefined : String(pool.most)],
      ["for", entitled(pool)],
      ["hours", pool.hours ? formatHours(pool.hours) : "always"],
      ["rules", rules(pool)],
      ["roll-out", pool.rollOut.by],
      ["revision", String(pool.revision)],
      ["made", formatTime(pool.createdAt)],
      ["ails", pool.ails && `${pool.ails.message} ${pool.ails.hint}`],
    ]);
  },
});

function entitled({ entitled: { everyone, users = [], groups = [], claims = [] } }: Schemas["DesktopPool"]) {
  if (everyone) return "everyone";
  const parts = [...users, ...groups.map((group) => `group ${group}`), ...claims];
  return parts.join(", ") || "nobody";
}

const rules = ({ rules: given }: Schemas["DesktopPool"]): string =>
  Object.entries(given)
    .map(([name, seconds]) => `${name} ${formatDuration(seconds * 1000)}`)
    .join(", ") || "none";

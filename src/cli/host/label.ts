import type { HostTraits } from "#contract/schema/placement";
import type { Schemas } from "#contract/schemas";
import { command, many } from "../command.ts";
import { formatOption, printItem } from "../output.ts";
import { parsePair } from "../values.ts";

const rows = ({ name, labels, taints }: HostTraits) =>
  [
    ["host", name],
    [
      "labels",
      Object.entries(labels)
        .map(([key, value]) => (value === "" ? key : `${key}=${value}`))
        .join(", "),
    ],
    ["taints", taints.join(", ")],
  ] as const;

const same = (given: string): string => given;

export const label = command({
  operands: [{ name: "HOST", optional: true, complete: "host" }],
  options: {
    label: many("KEY=VALUE", "Set a label; may be given again.", parsePair, { short: "l" }),
    "remove-label": many("KEY", "Take a label away; may be given again.", same),
    taint: many("TAINT", "Keep guests away that do not tolerate it: gpu, or team=shop.", same),
    "remove-taint": many("TAINT", "Take a taint away; may be given again.", same),
    ...formatOption,
  },
  about: `Without an option it shows them. Without HOST it is the one that is asked. Guests that are there stay, whatever
    is changed; 'lodge placement rebalance' shows which of them should be elsewhere.`,
  examples: [
    ["lodge host label node2 --label rack=r1 --label ssd", "then 'lodge run --host-label ssd'"],
    ["lodge host label node2 --taint gpu", "only guests with --tolerate gpu go there"],
  ],
  async run({ operands, options }, { client, terminal }) {
    const there = operands[0] === undefined ? {} : { host: operands[0] };
    const { label: labels = [], taint = [], format } = options;
    const [noLabels, noTaints] = [options["remove-label"] ?? [], options["remove-taint"] ?? []];
    const now = await client.call("placementHost", {}, there);
    const kept = Object.entries(now.labels).filter(([key]) => !noLabels.includes(key));
    const body: Schemas["HostTraitsUpdate"] = {
      ...(labels.length + noLabels.length > 0 ? { labels: Object.fromEntries([...kept, ...labels]) } : {}),
      ...(taint.length + noTaints.length > 0
        ? { taints: [...new Set([...now.taints, ...taint])].filter((one) => !noTaints.includes(one)) }
        : {}),
    };
    const changes = Object.keys(body).length > 0;
    const shown = changes ? await client.call("placementHostUpdate", { body }, there) : now;
    await printItem(terminal, shown, format, rows);
  },
});

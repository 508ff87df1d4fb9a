import { LodgeError } from "#contract/errors";
import type { Publish } from "#contract/schema/guest";
import type { Schemas } from "#contract/schemas";
import { choice, command, flag, many, parsed, text } from "../command.ts";
import { limitOptions, limitsOf } from "./limit-options.ts";
import { placementOf, placementOptions } from "./placement-options.ts";
import { haPriorityOption, onHostShutdownOption, startOrderOption, usualPriority } from "./life-options.ts";
import { parseCount, parseMemory, parsePair, parsePublish } from "../values.ts";

export const set = command({
  operands: [{ name: "GUEST", complete: "guest" }],
  options: {
    cpus: parsed(
      "N",
      "Virtual processors; more of them also while it runs, as far as it was made with room (--max-cpus of 'lodge run').",
      parseCount(1, 255),
    ),
    memory: parsed(
      "SIZE",
      "Memory, such as 512M or 2G. While a guest runs it gets more of it as far as it was made with room (--max-memory of 'lodge run'), and gives back what it can do without.",
      parseMemory,
    ),
    boot: choice(["disk", "cdrom"], "What it starts from first, at its next start or reboot."),
    restart: choice(
      ["never", "on-failure", "always"],
      "What happens when the guest ends by itself, and when this computer starts.",
    ),
    "start-order": startOrderOption,
    "on-host-shutdown": onHostShutdownOption,
    ha: choice(
      ["on", "off"],
      "Whether another host of the cluster starts it when its own dies; its disks have to be where that can be done safely.",
    ),
    "ha-priority": haPriorityOption,
    clipboard: choice(
      ["both", "in", "out", "none"],
      "Which way copied text goes between its desktop and who watches its display.",
    ),
    "file-drop": choice(["on", "off"], "Whether files can be dropped onto its display."),
    ...limitOptions,
    ...placementOptions,
    "no-placement": flag("It wishes for nothing any more among the hosts of a cluster."),
    description: text("TEXT", "Words of your own about it."),
    label: many("KEY=VALUE", "Set a label; may be given again.", parsePair),
    "remove-label": many("KEY", "Take a label away; may be given again.", (key) => key),
    publish: many(
      "PORT:PORT",
      "Lead a port of this computer to one of the guest, such as 8080:80.",
      parsePublish,
    ),
    "no-publish": flag("Take all published ports away; those of --publish come in their place."),
  },
  about: `Processors and memory can be changed while the guest is stopped, and while it runs as far as it has room for them; everything
    else at any time: limits hold from the next moment on. Ports given with --publish are added to
    those it has. Wishes for hosts take the place of all that it had.`,
  examples: [
    ["lodge set web --cpus 2 --memory 2G", "more processors and memory"],
    ["lodge set db --memory 4G", "more memory, or less, while it runs, if it was made with --max-memory"],
    ["lodge set web --restart always", "start it with this computer, and again when it crashes"],
    ["lodge set win --boot disk", "its installer is done: start what it installed"],
    [
      "lodge set db --start-order 10 --on-host-shutdown stop",
      "back before the others after a reboot, by a boot",
    ],
    ["lodge set db --ha on --ha-priority 200", "when its host dies, it comes back first on another one"],
    [
      "lodge set till --clipboard in --file-drop off",
      "text can be pasted into its desktop; nothing comes out",
    ],
    ["lodge set web --cpu-cap 0.5 --disk-write 20M --net-out 5M", "it takes no more than that from now on"],
    ["lodge set web --anti-affinity app=web,required", "never on one host with others of that label"],
    ["lodge set web --label tier=front --publish 8443:443", "a label and a port"],
  ],
  async run({ operands, options }, context) {
    const { client, terminal, name: command } = context;
    const [guest = ""] = operands;
    if (Object.keys(options).length === 0) {
      throw new LodgeError("api.usage", { reason: "Nothing to change was given", command });
    }
    const { cpus, memory, boot, restart, description } = options;
    const { "start-order": startOrder, "on-host-shutdown": onHostShutdown } = options;
    const { clipboard, "file-drop": fileDrop } = options;
    const limits = limitsOf(options);
    const placement = options["no-placement"] ? null : placementOf(options);
    const added = options.label ?? [];
    const removed = options["remove-label"] ?? [];
    const relabel = added.length + removed.length > 0;
    const republish = options.publish !== undefined || options["no-publish"] !== undefined;
    const now = relabel || republish ? await client.call("guestGet", { params: { guest } }) : undefined;
    const body: Schemas["GuestUpdate"] = {
      ...(cpus === undefined ? {} : { cpus }),
      ...(memory === undefined ? {} : { memory }),
      ...(boot === undefined ? {} : { boot }),
      ...(restart === undefined ? {} : { restart }),
      ...(startOrder === undefined ? {} : { startOrder }),
      ...(onHostShutdown === undefined ? {} : { onHostShutdown }),
      ...(clipboard === undefined ? {} : { clipboard }),
      ...(fileDrop === undefined ? {} : { fileDrop: fileDrop === "on" }),
      ...(description === undefined ? {} : { description }),
      ...availability(options, command),
      ...(limits === undefined ? {} : { limits }),
      ...(placement === undefined ? {} : { placement }),
      ...(now && relabel ? { labels: relabelled(now.labels, added, removed) } : {}),
      ...(now && republish
        ? { publish: ports(options["no-publish"] ? [] : now.publish, options.publish ?? []) }
        : {}),
    };
    await client.call("guestUpdate", { params: { guest }, body });
    terminal.print(`${guest} is changed`);
  },
});

/** @throws LodgeError api.usage, where both cannot be meant */
function availability(
  {
    ha,
    "ha-priority": priority,
  }: { readonly ha?: "on" | "off" | undefined; readonly "ha-priority"?: number | undefined },
  command: string,
): Pick<Schemas["GuestUpdate"], "ha"> {
  if (ha === "off" && priority !== undefined)
    throw new LodgeError("api.usage", { reason: "--ha off and --ha-priority exclude each other", command });
  if (ha === "off") return { ha: null };
  return ha === "on" || priority !== undefined ? { ha: { priority: priority ?? usualPriority } } : {};
}

function relabelled(
  labels: Readonly<Record<string, string>>,
  added: readonly (readonly [string, string])[],
  removed: readonly string[],
): Record<string, string> {
  const kept = Object.entries(labels).filter(([key]) => !removed.includes(key));
  return Object.fromEntries([...kept, ...added]);
}

/** A port of this computer leads to one of the guest: what is asked for takes the place of where it led. */
const ports = (has: readonly Publish[], wanted: readonly Publish[]): Publish[] => [
  ...has.filter(
    (old) => !wanted.some((port) => port.hostPort === old.hostPort && port.protocol === old.protocol),
  ),
  ...wanted,
];

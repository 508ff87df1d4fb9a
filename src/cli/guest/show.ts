import type { Schemas } from "#contract/schemas";
import { command } from "../command.ts";
import { formatOption, printItem } from "../output.ts";
import { replicaWords } from "../replica/words.ts";
import { placementWords } from "./placement-options.ts";
import { limitWords } from "./limit-words.ts";
import { formatAge, formatSize } from "../values.ts";

type Guest = Schemas["Guest"];

export const show = command({
  operands: [{ name: "GUEST", complete: "guest" }],
  options: formatOption,
  examples: [
    ["lodge show web", "all about it"],
    ["lodge show web -f json", "the same for programs"],
  ],
  async run({ operands, options }, { client, terminal }) {
    const params = { guest: operands[0] ?? "" };
    const [guest, addresses, drops] = await Promise.all([
      client.call("guestGet", { params }),
      client.call("guestAddressList", { params }),
      client.call("guestDropList", { params }),
    ]);
    await printItem(terminal, guest, options.format, (shown) => [
      ...rows(shown, Date.now()),
      [
        "heard as",
        lines(
          addresses.filter(({ heard }) => heard !== undefined),
          ({ nic, address, heard = 0 }) => `${nic}  ${address}, ${heard} s ago`,
        ),
      ],
      ["dropped", lines(drops, dropLine)],
    ]);
  },
});

const count = (n: number, what: string): string => `${n} ${what}${n === 1 ? "" : "s"}`;

function dropLine({ nic, refused, denied }: Schemas["NicDrops"]): string {
  const said = [
    refused === undefined ? "" : `${count(refused, "frame")} by its pin`,
    denied === undefined ? "" : `${count(denied, "packet")} by its firewall groups`,
  ];
  return `${nic}  ${said.filter(Boolean).join(", ")}`;
}

const agents = {
  lodge: "lodge",
  qemu: "qemu: no shell, no terminal, and output only once a command has ended",
  none: "none: exec, shell and cp do not work",
} as const satisfies Record<Guest["agent"], string>;

const clipboards = {
  both: "into its desktop and out of it",
  in: "into its desktop",
  out: "out of its desktop",
  none: "none",
} as const satisfies Record<Guest["clipboard"], string>;

const lines = <T>(items: readonly T[], line: (item: T) => string): string => items.map(line).join("\n");

function rows(guest: Guest, now: number): readonly (readonly [string, string | undefined])[] {
  const { machine, origin } = guest;
  const special = [
    machine.secureBoot ? "secure boot" : "",
    machine.tpm ? "TPM" : "",
    machine.sound ? "sound" : "",
    machine.monitors === undefined ? "" : `${machine.monitors} monitors`,
    machine.balloon ? "balloon" : "",
  ].filter(Boolean);
  return [
    ["name", guest.name],
    ["id", guest.id],
    ["state", `${guest.state} for ${formatAge(guest.stateSince, now)}`],
    ["because", guest.stateReason],
    ["ails", lines(guest.ails ?? [], ({ message, hint }) => `${message} ${hint}`)],
    ["description", guest.description],
    ["host", guest.host],
    ["labels", lines(Object.entries(guest.labels), ([key, value]) => `${key}=${value}`)],
    [
      "processors",
      machine.maxCpus === undefined ? String(guest.cpus) : `${guest.cpus}, with room for ${machine.maxCpus}`,
    ],
    ["memory", memoryWords(guest)],
    ["machine", [machine.type, machine.cpuModel, machine.firmware.toUpperCase(), ...special].join(", ")],
    ["runs by", guest.accelerator && `${guest.accelerator.toUpperCase()}, process ${guest.pid ?? "?"}`],
    [
      "disks",
      lines(
        guest.disks,
        ({ id, size, format, bus, serial }) => `${id}  ${formatSize(size)} ${format}, ${bus}, ${serial}`,
      ),
    ],
    ["starts from", guest.boot === "disk" ? "its disks, then its drives" : "its drives, then its disks"],
    ["drives", lines(guest.drives, ({ id, image }) => `${id}  ${image ?? "empty"}`)],
    [
      "shares",
      lines(guest.shares ?? [], ({ name, path, at, readOnly }) =>
        [name, path, "at", at, readOnly ? "read-only" : ""].filter(Boolean).join("  "),
      ),
    ],
    ["devices", guest.devices?.join(" ")],
    ["firewall", guest.firewalls?.join(" ")],
    [
      "network",
      lines(guest.nics, ({ id, network, address, address6, mac, pin }) =>
        [id, network, address, address6, mac, pin === "off" ? "not pinned" : ""].filter(Boolean).join("  "),
      ),
    ],
    [
      "ports",
      lines(guest.publish, ({ hostPort, guestPort, protocol }) => `${hostPort} → ${guestPort}/${protocol}`),
    ],
    ["host name", guest.hostname],
    ["agent", agents[guest.agent]],
    ["limits", limitWords(guest.limits)],
    ["placement", guest.placement && placementWords(guest.placement)],
    ["restart", guest.restart + (guest.removeWhenStopped ? ", removed when it stops" : "")],
    ["start order", String(guest.startOrder)],
    ["host's shutdown", guest.onHostShutdown === "suspend" ? "suspends it" : "stops it"],
    ["highly available", guest.ha ? `yes, priority ${guest.ha.priority}` : "no"],
    ["replica", guest.replica && replicaWords(guest.replica, now)],
    ["clipboard", clipboards[guest.clipboard]],
    ["file drop", guest.fileDrop ? "on" : "off"],
    ["made", `${formatAge(guest.createdAt, now)} ago, ${madeOf(origin)}`],
    ["uuid", guest.uuid],
  ];
}

/** "4 GiB, of which it has taken 2 GiB by now, with room for 8 GiB" */
function memoryWords({ memory, memoryTarget, memoryNow, machine: { maxMemory = 0 } }: Guest): string {
  const behind = memoryNow !== undefined && memoryNow < memory;
  return [
    formatSize(memory),
    ...(memoryTarget === undefined ? [] : [`asked to get along with ${formatSize(memoryTarget)}`]),
    ...(behind ? [`of which it has taken ${formatSize(memoryNow)} by now`] : []),
    ...(maxMemory > memory ? [`with room for ${formatSize(maxMemory)}`] : []),
  ].join(", ");
}

function madeOf({ how, image, parent, reason }: Guest["origin"]): string {
  if (how === "branch") return `a branch of ${parent ?? "a guest that is gone"}`;
  const from = image === undefined ? "without an image" : `of ${image}`;
  if (how === "fork") return `${from}, forked from its template`;
  return `${from}, booted${reason === undefined ? "" : `: ${reason}`}`;
}

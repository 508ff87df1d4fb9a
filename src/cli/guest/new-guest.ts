/** Options of a guest that is to be made, and what they ask for. */
import { LodgeError } from "#contract/errors";
import { mergeLimits } from "#contract/limits";
import type { NewDisk } from "#contract/schema/disk";
import type { Schemas } from "#contract/schemas";
import { choice, flag, many, parsed, text, type Options, type Values } from "../command.ts";
import { parseNic, toWish, wishForm } from "../nic/wish.ts";
import { localPath, readText } from "../paths.ts";
import { parseShare, shareForm } from "../share/wish.ts";
import { parseCount, parseDisk, parseMemory, parsePair, parsePublish } from "../values.ts";
import { haPriorityOption, onHostShutdownOption, startOrderOption, usualPriority } from "./life-options.ts";
import { limitOptions, limitsOf } from "./limit-options.ts";
import { placementOf, placementOptions } from "./placement-options.ts";

export const defaultImage = "debian-13";

export const newGuestOptions = {
  name: text("NAME", "What to call it (default: a name is found for it)."),
  cpus: parsed("N", "Virtual processors (default 1).", parseCount(1, 255)),
  "max-cpus": parsed(
    "N",
    "Room for so many, which 'lodge set' gives it while it runs. It boots rather than forks.",
    parseCount(1, 255),
  ),
  memory: parsed("SIZE", "Memory, such as 512M or 2G (default 512M).", parseMemory),
  "max-memory": parsed(
    "SIZE",
    "Room for so much memory, which 'lodge set' gives it while it runs and takes back. It boots rather than forks.",
    parseMemory,
  ),
  disk: many(
    "SIZE[,bus=BUS][,format=FORMAT][,pool=POOL]",
    "Size of its disk (default: the image's); given again, of further disks, which are empty. BUS: virtio-blk (the first's default), virtio-scsi (the others'), sata. FORMAT: qcow2 (the default), raw. POOL: as --pool, for this one.",
    parseDisk,
  ),
  pool: text(
    "POOL",
    "The pool that its disks are in (default: the default one). It boots rather than forks.",
    {
      complete: "pool",
    },
  ),
  encrypted: flag(
    "Encrypt what is written to its disks, with keys that Lodge keeps. --no-encrypted: not even where its project says so.",
  ),
  network: many(
    wishForm,
    "A network to be on, with a card of its own; may be given again; 'none' for no network.",
    parseNic,
    { complete: "network" },
  ),
  share: many(
    shareForm,
    "A folder of the host that it sees, at PLACE (default /mnt/NAME); ro: read-only. It boots rather than forks, and cannot be branched or suspended.",
    parseShare,
  ),
  firewall: many("GROUP", "A firewall group that holds for it from the start.", (group) => group, {
    complete: "firewall",
  }),
  publish: many(
    "PORT:PORT",
    "Lead a port of this computer to one of the guest: 8080:80, 53:53/udp.",
    parsePublish,
    {
      short: "p",
    },
  ),
  "ssh-key": many(
    "FILE|KEY",
    "A public key that may log in. None is added unless you say so.",
    (key) => key,
    {
      complete: "file",
    },
  ),
  "user-data": text("FILE", "A cloud-init user-data file.", { complete: "file" }),
  iso: text("FILE", "Start this ISO's installer on an empty disk, or beside IMAGE.", { complete: "file" }),
  boot: choice(
    ["disk", "cdrom"],
    "What it starts from first (default: the ISO where there is no IMAGE, else its disk).",
  ),
  firmware: choice(["bios", "uefi"], "What the machine starts with (default: what the image needs)."),
  "secure-boot": flag("UEFI starts signed systems alone."),
  tpm: flag("A TPM 2.0, as Windows 11 needs."),
  sound: flag("A sound card, heard where the display is watched."),
  monitors: parsed("N", "Monitors that a desktop in it may have (default 1, at most 4).", parseCount(1, 4)),
  restart: choice(
    ["never", "on-failure", "always"],
    "What happens when it ends by itself, and when this computer starts (default never).",
  ),
  ha: flag(
    "Another host of the cluster starts it when its own dies; its disks have to be in a pool where that can be done safely.",
  ),
  "ha-priority": haPriorityOption,
  "start-order": startOrderOption,
  "on-host-shutdown": onHostShutdownOption,
  ...limitOptions,
  label: many("KEY=VALUE", "A label; may be given again.", parsePair, { short: "l" }),
  ...placementOptions,
  description: text("TEXT", "Words of your own about it."),
  cold: flag("Boot it, even where a template could be forked."),
  start: flag("Make it and leave it stopped.", { on: true }),
} as const satisfies Options;

type Given = Values<typeof newGuestOptions>;

/** `local`: paths are on the same computer as the daemon. */
export async function newGuestBody(
  image: string | undefined,
  options: Given,
  local: boolean,
): Promise<Schemas["GuestCreate"]> {
  const limits = mergeLimits(undefined, limitsOf(options) ?? {});
  const placement = placementOf(options);
  return {
    ...machine(options),
    ...(await content(image, options, local)),
    ...(options.name === undefined ? {} : { name: options.name }),
    ...life(options),
    ...(limits === undefined ? {} : { limits }),
    ...(placement === undefined ? {} : { placement }),
    ...(options.description === undefined ? {} : { description: options.description }),
    ...(options.label ? { labels: Object.fromEntries(options.label) } : {}),
    ...(options.cold ? { cold: true } : {}),
    ...(options.start === false ? { start: false } : {}),
  };
}

function machine(options: Given): Schemas["GuestCreate"] {
  const { cpus, memory, disk, encrypted, boot, firmware, tpm, sound, publish, network, firewall, pool } =
    options;
  return {
    ...(cpus === undefined ? {} : { cpus }),
    ...(options["max-cpus"] === undefined ? {} : { maxCpus: options["max-cpus"] }),
    ...(memory === undefined ? {} : { memory }),
    ...(options["max-memory"] === undefined ? {} : { maxMemory: options["max-memory"] }),
    ...(disk || pool !== undefined ? { disks: inPool(disk ?? [{}], pool) } : {}),
    ...(encrypted === undefined ? {} : { encrypted }),
    ...(boot === undefined ? {} : { boot }),
    ...(firmware === undefined ? {} : { firmware }),
    ...(options["secure-boot"] ? { secureBoot: true } : {}),
    ...(tpm ? { tpm: true } : {}),
    ...(sound ? { sound: true } : {}),
    ...(options.monitors === undefined ? {} : { monitors: options.monitors }),
    ...(publish ? { publish: [...publish] } : {}),
    ...(firewall ? { firewalls: [...firewall] } : {}),
    ...(network ? { network: network.filter((wish) => wish.network !== "none").map(toWish) } : {}),
  };
}

const inPool = (disks: readonly NewDisk[], pool: string | undefined): NewDisk[] =>
  disks.map((disk) => ({ ...(pool === undefined ? {} : { pool }), ...disk }));

/** What becomes of it when it ends, and when this computer does, or its host in a cluster. */
function life(options: Given): Schemas["GuestCreate"] {
  const { restart, "start-order": startOrder, "on-host-shutdown": onHostShutdown } = options;
  const { ha, "ha-priority": priority } = options;
  return {
    ...(ha || priority !== undefined ? { ha: { priority: priority ?? usualPriority } } : {}),
    ...(restart === undefined ? {} : { restart }),
    ...(startOrder === undefined ? {} : { startOrder }),
    ...(onHostShutdown === undefined ? {} : { onHostShutdown }),
  };
}

/** What is in it at first: image, ISO, user-data, keys. */
async function content(
  image: string | undefined,
  options: Given,
  local: boolean,
): Promise<Schemas["GuestCreate"]> {
  const { iso, share } = options;
  const keys = await Promise.all((options["ssh-key"] ?? []).map(publicKey));
  const chosen = image ?? (iso === undefined ? defaultImage : undefined);
  const userData = options["user-data"];
  return {
    ...(chosen === undefined ? {} : { image: chosen }),
    ...(iso === undefined ? {} : { iso: localPath(iso, local) }),
    ...(share ? { shares: share.map((one) => ({ ...one, path: localPath(one.path, local) })) } : {}),
    ...(keys.length > 0 ? { sshKeys: keys.flat() } : {}),
    ...(userData === undefined ? {} : { userData: await readText(userData) }),
  };
}

/** The keys of a file, or the key itself. */
async function publicKey(given: string): Promise<string[]> {
  const isKey = (line: string) => /^(ssh|ecdsa|sk)-[a-z0-9@.-]+ [A-Za-z0-9+/=]+/.test(line);
  if (isKey(given)) return [given.trim()];
  const lines = (await readText(given)).split("\n").map((line) => line.trim());
  const keys = lines.filter(isKey);
  if (keys.length > 0) return keys;
  const reason = lines.some((line) => line.includes("PRIVATE KEY"))
    ? "it is a private key; give the one that ends in .pub"
    : "it holds no public key";
  throw new LodgeError("cli.file", { path: given, reason });
}

import { LodgeError, asLodgeError } from "#contract/errors";
import { mergeLimits } from "#contract/limits";
import type { Operation } from "#contract/operation";
import type { Schemas } from "#contract/schemas";
import { choice, command, flag, many, parsed, text } from "../command.ts";
import type { Context } from "../context.ts";
import { leftToItself } from "../disk/left-to-itself.ts";
import { exitCode } from "../exit-code.ts";
import { follow } from "../operation/follow.ts";
import { printData, type Format } from "../output.ts";
import { localPath, readText } from "../paths.ts";
import { printable } from "../printable.ts";
import { report } from "../report.ts";
import { formatDuration, parseCount, parseDisk, parseMemory, parsePair, parsePublish } from "../values.ts";
import { limitOptions, limitsOf } from "./limit-options.ts";
import { parseNic, toWish, wishForm } from "../nic/wish.ts";
import { parseShare, shareForm } from "../share/wish.ts";
import { onHostShutdownOption, startOrderOption } from "./life-options.ts";
import { streamExec } from "./stream-exec.ts";

type Guest = Schemas["Guest"];

const defaultImage = "debian-13";

export const run = command({
  operands: [{ name: "IMAGE", optional: true, complete: "image" }],
  trailing: "COMMAND",
  options: {
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
      "SIZE[,bus=BUS][,format=FORMAT]",
      "Size of its disk (default: the image's); given again, of further disks, which are empty. BUS: virtio-blk (the first's default), virtio-scsi (the others'), sata. FORMAT: qcow2 (the default), raw.",
      parseDisk,
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
    restart: choice(
      ["never", "on-failure", "always"],
      "What happens when it ends by itself, and when this computer starts (default never).",
    ),
    "start-order": startOrderOption,
    "on-host-shutdown": onHostShutdownOption,
    ...limitOptions,
    label: many("KEY=VALUE", "A label; may be given again.", parsePair, { short: "l" }),
    description: text("TEXT", "Words of your own about it."),
    rm: flag("Remove it when it stops, or when COMMAND has ended."),
    cold: flag("Boot it, even where a template could be forked."),
    start: flag("Make it and leave it stopped.", { on: true }),
    wait: choice(
      ["identity", "address", "cloud-init"],
      "Return once it has its own identity (the default), once its address answers, or once cloud-init has ended (the default with --user-data). --no-wait returns at once.",
      { bare: "identity", negated: "none" as never },
    ),
    env: many("KEY=VALUE", "A variable for COMMAND.", parsePair, { short: "e" }),
    tty: flag("Give COMMAND a terminal.", { short: "t" }),
    quiet: flag("Print its name alone.", { short: "q" }),
    format: choice(["table", "json", "yaml"], "How to print what was made.", { short: "f" }),
  },
  about: `Where a template of the image is parked, the guest is forked from it in a fraction of a second; else it
    boots, and the command says why. IMAGE is ${defaultImage} where neither it nor --iso is given.

    With -- COMMAND the command runs in the new guest as by 'lodge exec', and its exit code is passed on.`,
  examples: [
    ["lodge run debian-13 --name web", "a guest called web"],
    ["lodge run --rm -- uname -a", "run one command in a guest of its own, and throw that away"],
    ["lodge run --name db --cpus 2 --memory 2G --disk 40G debian-13", "a larger one"],
    ["lodge run --disk 10G --disk 200G,format=raw debian-13", "with a second disk, empty"],
    ["lodge run -p 8080:80 --user-data web.yaml debian-13", "set up by cloud-init, its port 80 at 8080 here"],
    ["lodge run --share ./code,at=/data debian-13", "with this folder of yours at /data"],
    ["lodge run --encrypted --name vault debian-13", "its disk is encrypted on this computer"],
    ["lodge run --ssh-key ~/.ssh/id_ed25519.pub debian-13", "log in with ssh"],
    [
      "lodge run --iso ./win11.iso --name win --firmware uefi --tpm --memory 4G --disk 64G,bus=sata",
      "install from an ISO",
    ],
  ],
  async run({ operands, options, trailing }, context) {
    const { client, terminal } = context;
    const { wait, rm, quiet, format } = options;
    const commanded = trailing.length > 0;
    const detached = (wait as string | undefined) === "none";
    if (commanded && detached) {
      throw new LodgeError("api.usage", {
        reason: "A COMMAND needs its guest to be up; leave --no-wait out",
        command: context.name,
      });
    }
    const limits = mergeLimits(undefined, limitsOf(options) ?? {});
    const body: Schemas["GuestCreate"] = {
      ...machine(options),
      ...(await content(operands[0], options, context.local)),
      ...(options.name === undefined ? {} : { name: options.name }),
      ...life(options),
      ...(limits === undefined ? {} : { limits }),
      ...(options.description === undefined ? {} : { description: options.description }),
      ...(options.label ? { labels: Object.fromEntries(options.label) } : {}),
      ...(rm && !commanded ? { removeWhenStopped: true } : {}),
      ...(options.cold ? { cold: true } : {}),
      ...(options.start === false ? { start: false } : {}),
      ...(wait === undefined ? {} : { wait }),
    };
    const operation = await client.call("guestCreate", { body });
    if (detached) return begun(context, operation, options);
    const ended = await follow(context, operation, options.name ?? body.image ?? "guest");
    const { guest, warning } = ended.result as { guest: Guest; warning?: string };
    const setUp = (wait ?? (body.userData === undefined ? undefined : "cloud-init")) === "cloud-init";
    if (commanded) {
      if (!quiet) terminal.note(whatHappened(guest, ended, setUp));
      if (warning !== undefined) terminal.note(terminal.paintNote("yellow", printable(warning)));
      return inNewGuest(context, guest, rm ?? false, () =>
        streamExec(
          context,
          guest.id,
          { argv: trailing, ...(options.env ? { env: Object.fromEntries(options.env) } : {}) },
          { tty: options.tty ?? false, input: !terminal.stdin.isTTY || (options.tty ?? false) },
        ),
      );
    }
    if (quiet) terminal.print(guest.name);
    else if (format === "json" || format === "yaml") await printData(terminal, guest, format);
    else terminal.print(whatHappened(guest, ended, setUp));
    if (warning !== undefined) terminal.note(terminal.paintNote("yellow", printable(warning)));
    return exitCode.ok;
  },
});

type Given = Parameters<typeof run.run>[0]["options"];

function machine(options: Given): Schemas["GuestCreate"] {
  const { cpus, memory, disk, encrypted, boot, firmware, tpm, sound, publish, network, firewall } = options;
  return {
    ...(cpus === undefined ? {} : { cpus }),
    ...(options["max-cpus"] === undefined ? {} : { maxCpus: options["max-cpus"] }),
    ...(memory === undefined ? {} : { memory }),
    ...(options["max-memory"] === undefined ? {} : { maxMemory: options["max-memory"] }),
    ...(disk ? { disks: [...disk] } : {}),
    ...(encrypted === undefined ? {} : { encrypted }),
    ...(boot === undefined ? {} : { boot }),
    ...(firmware === undefined ? {} : { firmware }),
    ...(options["secure-boot"] ? { secureBoot: true } : {}),
    ...(tpm ? { tpm: true } : {}),
    ...(sound ? { sound: true } : {}),
    ...(publish ? { publish: [...publish] } : {}),
    ...(firewall ? { firewalls: [...firewall] } : {}),
    ...(network ? { network: network.filter((wish) => wish.network !== "none").map(toWish) } : {}),
  };
}

/** What becomes of it when it ends, and when this computer does. */
function life(options: Given): Schemas["GuestCreate"] {
  const { restart, "start-order": startOrder, "on-host-shutdown": onHostShutdown } = options;
  return {
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

async function begun(
  context: Context,
  operation: Operation,
  { quiet, format }: { readonly quiet: boolean | undefined; readonly format: Format | undefined },
): Promise<number> {
  const { id, targets } = operation;
  const guest = targets.find((target) => target.startsWith("guest:"))?.slice("guest:".length);
  const words = `Guest ${guest ?? ""} is being made; 'lodge operation wait ${id}' waits for it.`;
  if (quiet) context.terminal.print(guest ?? id);
  else await leftToItself(context, operation, format, words);
  return exitCode.ok;
}

/** "web-1 is up: forked in 0.31 s, 10.64.3.12" */
function whatHappened(
  { name, state, origin, nics }: Guest,
  { startedAt, endedAt }: Operation,
  setUp: boolean,
): string {
  const taken = formatDuration(Date.parse(endedAt ?? startedAt) - Date.parse(startedAt));
  const time = setUp ? `${taken}, its cloud-init included` : taken;
  const address = nics[0]?.address === undefined ? "" : `, ${nics[0].address}`;
  if (state !== "running") return `${name} is made and ${state}`;
  if (origin.how === "fork") return `${name} is up: forked in ${time}${address}`;
  const reason = origin.reason === undefined ? "" : ` (${printable(origin.reason)})`;
  return `${name} is up: booted in ${time}${reason}${address}`;
}

/** Does something in a guest that was made for it, which is removed afterwards whatever happens. */
async function inNewGuest(
  context: Context,
  { id, name }: Guest,
  remove: boolean,
  work: () => Promise<number>,
): Promise<number> {
  try {
    return await work();
  } finally {
    if (remove) {
      try {
        const gone = await context.client.call("guestDelete", {
          params: { guest: id },
          query: { force: true, snapshots: true },
        });
        await context.client.waitFor(gone);
      } catch (error) {
        report(asLodgeError(error), context.terminal, {
          verbose: context.verbose,
          about: `Removing ${name}`,
        });
      }
    }
  }
}

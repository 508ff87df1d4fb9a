import { LodgeError, asLodgeError } from "#contract/errors";
import type { Operation } from "#contract/operation";
import type { Schemas } from "#contract/schemas";
import { choice, command, flag, many, text } from "../command.ts";
import type { Context } from "../context.ts";
import { leftToItself } from "../disk/left-to-itself.ts";
import { exitCode } from "../exit-code.ts";
import { follow } from "../operation/follow.ts";
import { printData, type Format } from "../output.ts";
import { printable } from "../printable.ts";
import { report } from "../report.ts";
import { formatDuration, parsePair } from "../values.ts";
import { defaultImage, newGuestBody, newGuestOptions } from "./new-guest.ts";
import { streamExec } from "./stream-exec.ts";

type Guest = Schemas["Guest"];

export const run = command({
  operands: [{ name: "IMAGE", optional: true, complete: "image" }],
  trailing: "COMMAND",
  options: {
    ...newGuestOptions,
    host: text("HOST", "The host of the cluster that makes it (default: the one that suits it best)."),
    rm: flag("Remove it when it stops, or when COMMAND has ended."),
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
    [
      "lodge run --name db --anti-affinity app=db debian-13",
      "on a host without others of that label, if it can be",
    ],
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
    const body: Schemas["GuestCreate"] = {
      ...(await newGuestBody(operands[0], options, context.local)),
      ...(rm && !commanded ? { removeWhenStopped: true } : {}),
      ...(wait === undefined ? {} : { wait }),
    };
    const operation = await client.call("guestCreate", { body }, { host: options.host });
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

import { existsSync, lstatSync, readFileSync, readdirSync, readlinkSync, rmSync, rmdirSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { asLodgeError, LodgeError } from "#contract/errors";
import { endProcess, isAlive } from "#base/process";
import { isInstalled, serviceUnits } from "#base/service";
import { command, flag } from "../command.ts";
import type { Context } from "../context.ts";
import { exitCode } from "../exit-code.ts";
import { answers, daemonOf, endDaemon, startDaemon } from "./daemon-process.ts";
import { endImages } from "./ceph-images.ts";
import { groupsOf } from "./own-groups.ts";
import { endEtcd, requireAlone } from "./own-etcd.ts";
import { ownProcesses } from "./own-processes.ts";
import { removeService, systemctl } from "./service.ts";

export const uninstall = command({
  operands: [],
  options: {
    yes: flag("Do not ask.", { short: "y" }),
    force: flag(
      "Also where the daemon cannot be started (what it alone could take down is named), and where the host is in a cluster.",
    ),
  },
  about: `Ends every guest and the daemon, takes Lodge's networks and service off this computer and removes its home
    with all images and disks. Where no daemon runs, one is started for that. Debian packages and this checkout stay.`,
  examples: [
    ["lodge uninstall", "ask, then remove everything"],
    ["lodge uninstall --yes --home /srv/lodge", "another home's, without asking"],
  ],
  async run({ options }, context) {
    const { paths, terminal } = context;
    if (!context.local)
      throw new LodgeError("api.usage", {
        reason: "Another computer's Lodge is removed there",
        command: context.name,
      });
    if (!existsSync(paths.home)) {
      terminal.print(`There is no Lodge at ${paths.home}.`);
      return exitCode.ok;
    }
    if (!options.yes && !(await sure(context))) return exitCode.failure;
    if (!options.force) await requireAlone(context);
    await takeDown(context, options.force ?? false);
    await endEtcd(paths.home);
    const units = serviceUnits(paths.home);
    if (isInstalled(units)) await removeService(units, systemctl(units.scope));
    for (const path of leftovers(context)) rmSync(path, { recursive: true, force: true });
    const foreign = readdirSync(paths.home);
    if (foreign.length === 0) rmdirSync(paths.home);
    terminal.print(`Removed Lodge from ${paths.home}.`);
    if (foreign.length > 0) terminal.note(`Not Lodge's, and still there: ${foreign.join(", ")}`);
    return exitCode.ok;
  },
});

/** What the daemon makes in its home. The folder may be somebody's own: nothing else in it is touched. */
const inHome =
  /^(lodge\.db.*|images|templates|guests|layers|logs|run|cache|rbd|audit|recordings|webhooks|tls|token(\.new)?|secret\.key|cluster(\.json)?(\.new)?|listen|lodged\.(pid|env))$/;

async function sure({ terminal, paths, name }: Context): Promise<boolean> {
  const { stdin, stderr } = terminal;
  if (!stdin.isTTY) {
    throw new LodgeError("api.usage", { reason: "nobody is there to ask; say --yes", command: name });
  }
  const { createInterface } = await import("node:readline/promises");
  const questions = createInterface({ input: stdin, output: stderr });
  try {
    const answer = await questions.question(`Remove ${paths.home} with all guests and images? [y/N] `);
    return /^y(es)?$/i.test(answer.trim());
  } finally {
    questions.close();
  }
}

/**
 * Ends what runs and takes down what was set up on this computer, by a daemon: it alone knows all of it.
 *
 * @throws LodgeError cli.cannot_clean_up where there can be none.
 */
async function takeDown(context: Context, force: boolean): Promise<void> {
  const { client, paths, terminal } = context;
  if (!(await answers(client))) {
    if (!existsSync(paths.store)) return endByHand(context);
    terminal.print("No daemon runs: starting it, so that it takes down what it set up");
    try {
      await startDaemon(client, paths, { briefly: true });
    } catch (thrown) {
      const error = asLodgeError(thrown);
      if (force) return endByHand(context);
      const params = { home: paths.home, reason: error.message.replace(/\.$/, "") };
      throw new LodgeError("cli.cannot_clean_up", params, { cause: error, detail: error.detail });
    }
  }
  terminal.print("Ending guests and removing networks");
  await endDaemon(context, { uninstall: true });
}

/** Ends the home's processes; the names of its bridges and rules, only the store had. */
async function endByHand({ paths, terminal }: Context): Promise<void> {
  const daemon = daemonOf(paths);
  if (daemon && isAlive(daemon) && isLodged(daemon.pid)) await endProcess(daemon, 10_000);
  const own = await ownProcesses(paths);
  const removeGroups = groupsOf(own.map(({ process }) => process.pid));
  for (const { process } of own) await endProcess(process);
  await endImages(paths.home);
  await removeGroups();
  const bridges = own.flatMap(({ bridge }) => bridge ?? []);
  const left = bridges.filter((name) => existsSync(`/sys/class/net/${name}`));
  if (left.length > 0) {
    const commands = left.flatMap((bridge) => [
      ...[...portsOf(bridge), bridge].map((device) => `ip link delete ${device}`),
      ...rulesOf(bridge).map((table) => `nft delete table ${table}`),
    ]);
    const [what, whose] = left.length === 1 ? ["the bridge", "its"] : ["the bridges", "their"];
    terminal.note(
      `Not removed, since no daemon can read its store: ${what} ${left.join(", ")} and ${whose} rules. The next reboot does, or ` +
        [...new Set(commands)].map((line) => `'${line}'`).join(", "),
    );
  }
  // Where it never had a network there is no bridge of it.
  if (bridges.length > 0 || !existsSync(join(paths.run, "net"))) return;
  const others = readdirSync("/sys/class/net").filter((name) => /^ldg[a-z0-9]{5,7}$/.test(name));
  if (others.length === 0) return;
  terminal.note(
    `Without its store nobody can say whether a bridge of it is left. This computer has ${others.join(", ")}: ` +
      `of this Lodge or of another one ('lodge info' tells its).`,
  );
}

/** Tables of a bridge's network, and those that all networks of its Lodge share (hypervisor/net/names.ts). */
function rulesOf(bridge: string): string[] {
  const [, tag, index] = /^ldg([a-z0-9]+?)(?:-(?=..)|(?=.$))([a-z0-9]+)$/.exec(bridge) ?? [];
  return tag === undefined
    ? []
    : [`inet lodge_${tag}_${index}`, `inet lodge_${tag}_cells`, `bridge lodge_${tag}`];
}

/** The taps in a bridge. */
const portsOf = (bridge: string): string[] => {
  const ports = `/sys/class/net/${bridge}/brif`;
  return existsSync(ports) ? readdirSync(ports) : [];
};

const isLodged = (pid: number): boolean => readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("lodged");

/** What is Lodge's in its home, its sockets, compiled code, and the link that install-command made. */
function leftovers({ paths }: Context): string[] {
  const own = readdirSync(paths.home).filter((name) => inHome.test(name));
  const cache = join(process.env["XDG_CACHE_HOME"] || join(homedir(), ".cache"), "lodge");
  const links = ["/usr/local/bin/lodge", join(homedir(), ".local/bin/lodge")].filter(isOurs);
  return [...own.map((name) => join(paths.home, name)), paths.run, cache, ...links];
}

const launcher = fileURLToPath(new URL("../../../bin/lodge", import.meta.url));

/** Is this the link to this very checkout? */
const isOurs = (path: string): boolean =>
  lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true && readlinkSync(path) === launcher;

import { existsSync, lstatSync, readFileSync, readdirSync, readlinkSync, rmSync, rmdirSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { hasCode, LodgeError } from "#contract/errors";
import { command, flag } from "../command.ts";
import { watchShutdown } from "./shutdown.ts";
import type { Context } from "../context.ts";
import { exitCode } from "../exit-code.ts";

/** Seconds that the daemon has to end once its guests have. */
const patience = 30;

export const uninstall = command({
  operands: [],
  options: { yes: flag("Do not ask.", { short: "y" }) },
  about: `Shuts every guest down, ends the daemon, takes Lodge's networks off this computer and removes its home
    with all images and disks. Debian packages and this checkout stay.`,
  examples: [
    ["lodge uninstall", "ask, then remove everything"],
    ["lodge uninstall --yes --home /srv/lodge", "another home's, without asking"],
  ],
  async run({ options }, context) {
    const { paths, terminal } = context;
    if (!context.local)
      throw new LodgeError("api.usage", {
        reason: "another computer's Lodge is removed there",
        command: context.name,
      });
    if (!existsSync(paths.home)) {
      terminal.print(`There is no Lodge at ${paths.home}.`);
      return exitCode.ok;
    }
    if (!options.yes && !(await sure(context))) return exitCode.failure;
    await endDaemon(context);
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
  /^(lodge\.db.*|images|templates|guests|layers|logs|run|cache|token(\.new)?|secret\.key|lodged\.pid)$/;

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

/** @throws LodgeError cli.in_use where there is no daemon but guests or networks that only it can remove. */
async function endDaemon({ client, paths, terminal }: Context): Promise<void> {
  try {
    const begun = await client.call("hostShutdown", { body: { guests: true, uninstall: true } });
    terminal.print("Shutting guests down and removing networks");
    await watchShutdown(client, begun, terminal);
    await daemonGone(paths);
  } catch (error) {
    if (!hasCode(error, "api.daemon_unreachable")) throw error;
    if (existsSync(paths.store))
      throw new LodgeError("cli.in_use", {
        home: paths.home,
        reason: "its networks and guests may still be there",
      });
  }
}

/** The daemon takes its process id back as the last thing it does. @throws LodgeError cli.daemon_stop */
async function daemonGone({ home, logs }: Context["paths"]): Promise<void> {
  const file = join(home, "lodged.pid");
  const end = performance.now() + patience * 1000;
  while (existsSync(file)) {
    if (performance.now() > end) {
      const { pid } = JSON.parse(readFileSync(file, "utf8")) as { pid: number };
      throw new LodgeError("cli.daemon_stop", { pid, seconds: patience, log: join(logs, "lodged.log") });
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** What is Lodge's in its home, its sockets, compiled code, and the link that install-command made. */
function leftovers({ paths }: Context): string[] {
  const own = readdirSync(paths.home).filter((name) => inHome.test(name));
  const cache = join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "lodge");
  const links = ["/usr/local/bin/lodge", join(homedir(), ".local/bin/lodge")].filter(isOurs);
  return [...own.map((name) => join(paths.home, name)), paths.run, cache, ...links];
}

const launcher = fileURLToPath(new URL("../../../bin/lodge", import.meta.url));

/** Is this the link to this very checkout? */
const isOurs = (path: string): boolean =>
  lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true && readlinkSync(path) === launcher;

import { existsSync, lstatSync, readFileSync, readlinkSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline/promises";
import { hasCode, LodgeError } from "#contract/errors";
import { command, flag } from "../command.ts";
import type { Context } from "../context.ts";
import { exitCode } from "../exit-code.ts";

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
    if (!options.yes && !(await sure(paths.home))) return exitCode.failure;
    await endDaemon(context);
    for (const path of leftovers(paths.home, paths.run)) rmSync(path, { recursive: true, force: true });
    terminal.print(`Removed ${paths.home} and everything that belonged to it.`);
    return exitCode.ok;
  },
});

async function sure(home: string): Promise<boolean> {
  const questions = createInterface({ input: process.stdin, output: process.stdout });
  try {
    return /^y(es)?$/i.test(
      (await questions.question(`Remove ${home} with all guests and images? [y/N] `)).trim(),
    );
  } finally {
    questions.close();
  }
}

/** @throws LodgeError cli.in_use where there is no daemon but guests or networks that only it can remove. */
async function endDaemon({ client, paths, terminal }: Context): Promise<void> {
  try {
    const begun = await client.call("hostShutdown", { body: { guests: true, uninstall: true } });
    terminal.print("Shutting guests down and removing networks");
    await client.waitFor(begun, {}).catch((error: unknown) => {
      if (!hasCode(error, "api.daemon_lost", "api.daemon_unreachable", "api.stopping")) throw error;
    });
    while (existsSync(join(paths.home, "lodged.pid")))
      await new Promise((resolve) => setTimeout(resolve, 50));
  } catch (error) {
    if (!hasCode(error, "api.daemon_unreachable")) throw error;
    if (existsSync(paths.store))
      throw new LodgeError("cli.in_use", {
        home: paths.home,
        reason: "its networks and guests may still be there",
      });
  }
}

/** The home, its sockets, compiled code, and the link that install-command made. */
function leftovers(home: string, run: string): string[] {
  const cache = join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "lodge");
  const links = ["/usr/local/bin/lodge", join(homedir(), ".local/bin/lodge")].filter(isOurs);
  return [home, run, cache, ...links];
}

function isOurs(path: string): boolean {
  if (!lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink()) return false;
  const launcher = readlinkSync(path);
  return (
    existsSync(join(dirname(launcher), "lodged")) && readFileSync(launcher, "utf8").includes("bin/lodge.ts")
  );
}

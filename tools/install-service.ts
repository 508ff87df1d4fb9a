/**
 * `npm run install-service`: has systemd start the daemon with this computer, and put guests to rest before it
 * shuts down. With --user for one user's Lodge, without root; with --witness on a cluster's witness. With --remove it is
 * taken back.
 */
import { existsSync } from "node:fs";
import { userInfo } from "node:os";
import { join } from "node:path";
import { LodgeError } from "#contract/errors";
import { exec } from "#base/exec";
import { lingers, type ServiceUnits, serviceUnits, systemdRuns } from "#base/service";
import { type Context, createContext } from "#cli/context";
import { answers, endDaemon } from "#cli/host/daemon-process";
import { installService, removeService, systemctl } from "#cli/host/service";
import { keepAddress, keptAddress } from "./address.ts";
import { flags, reported } from "./reported.ts";

const root = process.getuid?.() === 0;

await reported(async () => {
  const { listen, user, remove, witness } = flags({
    listen: { type: "string" },
    witness: { type: "boolean" },
    user: { type: "boolean" },
    remove: { type: "boolean" },
  });
  delete process.env["LODGE_URL"];
  const context = createContext({ name: "npm run install-service", verbose: false });
  const units = serviceUnits(context.paths.home);
  const call = systemctl(units.scope);
  const refuse = (reason: string) => new LodgeError("cli.no_service", { reason });
  if (!systemdRuns(units.scope)) throw refuse("systemd does not run here");
  if (remove) {
    await removeService(units, call);
    console.log(
      "The services are removed and the daemon has ended; guests live on. 'npm start' starts it by itself.",
    );
    return;
  }
  if (root && user) throw refuse("root's Lodge is the whole computer's; leave --user out");
  if (!root && !user) throw refuse("you are not root; with --user it is installed for you alone");
  const { paths } = context;
  if (witness) requireWitness(paths.home, listen);
  const address = witness ? undefined : (listen ?? (await keptAddress(paths.home)));
  const written = await installService({ paths, units, listen: address, witness, env: process.env }, call);
  if (address !== undefined) await keepAddress(paths.home, address);
  for (const file of written) console.log(`Wrote ${file}`);
  const wholeTime = root || (await linger());
  if (witness) {
    await call("start", units.daemon);
    console.log(`${units.daemon} runs, and starts with ${wholeTime ? "this computer" : "your login"}.`);
    return;
  }
  await takeOver(context, units);
  console.log(`${units.daemon} runs, and starts with ${wholeTime ? "this computer" : "your login"}.`);
  console.log(
    `${units.guests} puts guests to rest before ${wholeTime ? "it shuts down" : "your logout"}; they come back.`,
  );
});

/** One that is in no cluster yet would end at each start; one that runs is its user's to end. */
function requireWitness(home: string, listen: string | undefined): void {
  const refuse = (reason: string) => new LodgeError("cli.no_service", { reason });
  if (listen !== undefined) throw refuse("a witness listens to hosts alone; leave --listen out");
  if (!existsSync(join(home, "cluster.json")))
    throw refuse("it is no witness yet; 'lodged --witness --join TOKEN' makes it one, and ends with Ctrl-C");
}

/** A daemon that runs already makes way for the service's; guests live on. */
async function takeOver(context: Context, units: ServiceUnits): Promise<void> {
  const call = systemctl(units.scope);
  if (await answers(context.client)) await endDaemon(context, {});
  await call("start", units.daemon, units.guests);
}

/** Has this user's services run from the computer's start on, which some computers let root alone do. */
async function linger(): Promise<boolean> {
  const { username } = userInfo();
  try {
    await exec("loginctl", ["enable-linger", username]);
    console.log("Had your services run from this computer's start on (loginctl enable-linger).");
    return true;
  } catch {
    if (lingers()) return true;
    console.log(`To have it run without a login, as root: loginctl enable-linger ${username}`);
    return false;
  }
}

/** After the last fault: lets everything come to rest, looks at every guest and its disk, and takes all of it away. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { systemClock } from "#base/clock";
import { retry } from "#base/retry";
import { hasCode } from "#contract/errors";
import { hasEnded } from "#contract/operation";
import { homePaths } from "#base/home";
import { groupsOf, text } from "../../vm/daemon.ts";
import type { Host } from "../hosts/host.ts";
import type { Hosts } from "../hosts/hosts.ts";
import { label } from "./driver.ts";
import type { Disk, End, Entry, Listed } from "./history.ts";
import type { Listener } from "./listen.ts";
import type { World } from "./world.ts";

export interface SettleParts {
  readonly world: World;
  readonly listener: Listener;
  readonly now: () => number;
  readonly say: (line: string) => void;
}

/** Milliseconds until all has to be at rest. */
const patience = 180_000;
const clock = { clock: systemClock, first: 200, longest: 2000 };

export async function settle(parts: SettleParts): Promise<End> {
  const { world, say, now } = parts;
  const { hosts } = world;
  say("waiting until everything is at rest");
  await Promise.all(hosts.all.map(restOf));
  const before = await hosts.all[0]!.client.call("guestList");
  say(`starting ${before.length} guests anew, and reading their disks`);
  const disks: Record<string, Disk> = {};
  const alive: string[] = [];
  for (const { name, id } of before) {
    if (!(await startsAnew(parts, name, id))) continue;
    alive.push(name);
    const at = now();
    const entries = await diskOf(hosts, name);
    if (entries) disks[name] = { at, entries };
  }
  const lists = Object.fromEntries(
    await Promise.all(hosts.all.map(async (host) => [host.name, await listOf(host)] as const)),
  );
  say("removing everything");
  for (const { id } of before) await remove(hosts.all[0]!, id, say);
  for (const host of hosts.all) await removeTemplates(host, say);
  const left = await Promise.all(hosts.all.map(leftOn));
  const shared = world.sharedFiles().filter((file) => /\.(qcow2|raw)/.test(file));
  return { lists, disks, alive, left: [...left.flat(), ...shared] };
}

/** Until the host answers and has no operation that has not ended. */
async function restOf(host: Host): Promise<void> {
  await retry(
    async () => {
      const open = (await host.client.call("operationList", { query: { limit: 500 } })).filter(
        (operation) => !hasEnded(operation),
      );
      if (open.length > 0) throw new Error(`${host.name} is still busy with ${open.map(({ kind }) => kind)}`);
    },
    { ...clock, timeout: patience },
  );
}

/** Switches a guest off and on again, so that nothing it says comes out of its memory; whether it writes again. */
async function startsAnew(
  { world, listener, now, say }: SettleParts,
  name: string,
  id: string,
): Promise<boolean> {
  const { client } = world.hosts.all[0]!;
  const params = { guest: id };
  try {
    const { state } = await client.call("guestGet", { params });
    if (state !== "stopped" && state !== "crashed")
      await client.waitFor(await client.call("guestStop", { params, body: { force: true } }));
    const from = now();
    await client.waitFor(await client.call("guestStart", { params }));
    const wrote = async () => {
      if ((listener.lastOf(id)?.at ?? 0) <= from) throw new Error(`${name} writes nothing`);
    };
    await retry(wrote, { ...clock, timeout: 120_000 });
    return true;
  } catch (error) {
    say(`${name}: ${error instanceof Error ? error.message : String(error)}`);
    return false;
  }
}

/** What lies on a guest's disk, read by the guest. */
async function diskOf(hosts: Hosts, name: string): Promise<Entry[] | undefined> {
  const command = await hosts.all[0]!.client.exec(name, { argv: ["/etc/writer.pl", "dump"] });
  command.stdin.end();
  const [stdout, , { code }] = await Promise.all([text(command.stdout), text(command.stderr), command.exit]);
  if (code !== 0) return undefined;
  return stdout
    .trim()
    .split("\n")
    .map((line): Entry => {
      const [seq, prev = "", nonce = "", boot = ""] = line.split(" ");
      return { seq: Number(seq), prev, nonce, boot };
    });
}

/** What a host lists of all hosts. */
async function listOf(host: Host): Promise<Listed[]> {
  const { client } = host;
  const guests = await client.call("guestList");
  return Promise.all(
    guests.map(async ({ name, id, state, labels, ...guest }): Promise<Listed> => {
      const snapshots = await client.call("snapshotList", { params: { guest: id } });
      return {
        ...{ name, id, state, value: labels[label] ?? "" },
        host: (guest as { host?: string }).host ?? host.name,
        snapshots: snapshots.map((snapshot) => snapshot.name).toSorted(),
      };
    }),
  );
}

async function remove({ client }: Host, id: string, say: (line: string) => void): Promise<void> {
  const query = { force: true, snapshots: true };
  const gone = client.call("guestDelete", { params: { guest: id }, query });
  await gone.then((operation) => client.waitFor(operation)).catch((error: Error) => say(error.message));
}

/** Those that Lodge parked of its own accord; a stale one goes by itself with its last guest. */
async function removeTemplates({ client }: Host, say: (line: string) => void): Promise<void> {
  for (const { id } of await client.call("templateList"))
    await client
      .call("templateDelete", { params: { template: id } })
      .then((operation) => client.waitFor(operation))
      .catch((error: unknown) => hasCode(error, "template.not_found") || say(String(error)));
}

/** Of guests, when there is none any more. */
async function leftOn(host: Host): Promise<string[]> {
  const tag = (await host.client.call("hostGet")).tag ?? "";
  const programs = /(^|\/)(qemu-system-\w+|qemu-storage-daemon|qemu-nbd|swtpm|virtiofsd)$/;
  const processes = host
    .processes(([program = ""]) => programs.test(program))
    .map(({ argv }) => argv.join(" "));
  const links = (await host.run(["ip", "-br", "link"]))
    .split("\n")
    .map((line) => line.split(/[ @]/)[0] ?? "");
  const taps = links.filter((device) => new RegExp(`^[il]${tag}`).test(device));
  const paths = homePaths(host.home);
  const files = [paths.guests, join(paths.home, "layers")].flatMap((folder) =>
    readdirSync(host.namespace.outside(folder)).map((name) => join(folder, name)),
  );
  return [...processes, ...taps, ...files, ...groupsOf(tag)].map(
    (what) => `${host.name}: ${what.slice(0, 160)}`,
  );
}

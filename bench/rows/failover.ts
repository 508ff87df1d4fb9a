/** A host loses its power: how long until its highly available guest answers on another one. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { tinyMemory } from "../../test/vm/daemon.ts";
import { Cluster, type Host } from "../cluster.ts";
import { image } from "../lodge.ts";
import { most, type Figure } from "../figures.ts";
import { rest, type Row } from "../row.ts";

/** Milliseconds between two looks whether a guest answers, and after which it is given up. */
const pause = 100;
const patience = 240_000;

export const failover: Row = {
  name: "failover",
  title: "A host is killed: its highly available guest answers on another host",
  async measure(lodge, extent, say) {
    await using cluster = await Cluster.start(3);
    await shareAndFence(cluster);
    const tiny = await killed(cluster, "tiny", { image: "tiny", memory: tinyMemory }, extent.times(2));
    say(`tiny: ${seconds(tiny.back)}`);
    await cluster.debian(lodge);
    const debian = await killed(cluster, "debian", { image, cold: true }, extent.quick ? 1 : 2);
    say(`Debian: ${seconds(debian.back)}; booted by itself ${seconds(debian.booted)}`);
    const figure = (what: string, samples: readonly number[], bars: Figure["bars"] = []): Figure => ({
      what,
      who: "Lodge",
      unit: "s",
      samples: samples.map((ms) => ms / 1000),
      bars,
    });
    const boot = most(debian.booted) / 1000;
    return {
      figures: [
        figure("a tiny guest answers again", tiny.back, [{ of: "most", atMost: 20 }]),
        figure("Debian answers again", debian.back, [{ of: "most", atMost: 8 + boot }]),
        figure("the same Debian, started from rest on a host that lives", debian.booted),
        figure("the same tiny guest, started from rest", tiny.booted),
      ],
      notes: [
        "From the moment at which everything on the host ends (its daemon, its etcd, its guests) until a command in the guest has ended that is asked of another host. It has a lease of 6 s in it, a second's wait for a host that comes back by itself, a vote of etcd's where its leader was there, and the guest's boot.",
        `Three hosts that keep the state; the disk in a pool that all share, with a fence device that says at once that the host is off. Debian's bar is 8 s and its own longest boot here, ${boot.toFixed(1)} s.`,
      ],
    };
  },
};

const seconds = (samples: readonly number[]): string =>
  samples.map((ms) => `${(ms / 1000).toFixed(1)} s`).join(", ");

const pool = "team";

/** One mount on all hosts, as a file server's would be, and a device that says of each that it is off. */
async function shareAndFence(cluster: Cluster): Promise<void> {
  const shared = join(cluster.hosts.folder, "shared");
  const device = join(cluster.hosts.folder, "device");
  await mkdir(shared);
  await writeFile(device, "#!/bin/sh\nexit 0\n", { mode: 0o755 });
  for (const host of cluster.all) await mount(host, shared);
  for (const host of cluster.all) {
    await host.client.call("poolCreate", { body: { name: pool, kind: "shared", target: shared } });
    await cluster.typed(cluster.all[0]!, "fence", "set", host.name, "--", device);
  }
}

const mount = (host: Host, shared: string) => host.run(["mount", "--bind", shared, shared]);

/** `times` that the host on which it is was killed, and that it was started from rest. */
async function killed(
  cluster: Cluster,
  name: string,
  body: { image: string; memory?: number; cold?: boolean },
  times: number,
) {
  const [back, booted]: [number[], number[]] = [[], []];
  const made = await cluster.run(cluster.all[0]!, { ...body, name });
  await cluster.typed(cluster.all[0]!, "volume", "move", `${name}:disk0`, pool);
  await cluster.typed(cluster.all[0]!, "set", name, "--ha", "on");
  for (let i = 0; i < times; i++) {
    const host = await whereIs(cluster.all[0]!, made.id);
    const lost = cluster.hosts.get(host);
    const teller = cluster.all.find((one) => one !== lost)!;
    const { client } = teller;
    const params = { guest: made.id };
    await client.waitFor(await client.call("guestStop", { params, body: { force: true } }));
    const begin = performance.now();
    await client.waitFor(await client.call("guestStart", { params }));
    booted.push(await answersSince(cluster, teller, name, begin));
    const dies = performance.now();
    await lost.crash();
    back.push(await answersSince(cluster, teller, name, dies, host));
    const now = await whereIs(teller, made.id);
    if (now === host) throw new TypeError(`${name} is on ${host}, which was killed`);
    await returned(cluster, lost);
  }
  await cluster.remove(cluster.all[0]!, made.id);
  return { back, booted };
}

async function returned(cluster: Cluster, host: Host): Promise<void> {
  await host.boot();
  await mount(host, join(cluster.hosts.folder, "shared"));
  await host.startDaemon();
  for (let state = ""; state !== "well"; await rest(500)) ({ state } = await host.client.call("clusterGet"));
}

async function whereIs({ client }: Host, guest: string): Promise<string> {
  return (await client.call("guestGet", { params: { guest } })).host ?? "";
}

/** Milliseconds until a command in it ended well that was asked of that host. `lost`: where it is not asked for. */
async function answersSince(
  cluster: Cluster,
  teller: Host,
  guest: string,
  begin: number,
  lost = "",
): Promise<number> {
  for (; performance.now() - begin < patience; await rest(pause)) {
    const found = (await teller.client.call("guestList")).find(({ name }) => name === guest);
    // Whoever asks a host that is gone waits for its silence.
    if (found?.state !== "running" || found.host === lost) continue;
    const said = await cluster.inside(teller, guest, "true").catch(() => undefined);
    if (said?.code === 0) return performance.now() - begin;
  }
  throw new TypeError(`${guest} does not answer`);
}

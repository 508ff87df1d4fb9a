/** A host loses its power: how long until its highly available guest answers on another one. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { tinyMemory } from "../../test/vm/daemon.ts";
import { Cluster, type Host } from "../cluster.ts";
import { image } from "../lodge.ts";
import { most, type Figure } from "../figures.ts";
import { rest, type Result, type Row } from "../row.ts";

/** Milliseconds between two looks whether a guest answers, and after which it is given up. */
const pause = 100;
const patience = 120_000;

export const failover: Row = {
  name: "failover",
  title: "A host is killed: its highly available guest answers on another host",
  async measure(lodge, extent, say, keep) {
    say("Making a cluster of three hosts");
    await using cluster = await Cluster.start(3);
    await shareAndFence(cluster);
    const tiny = emptyTimes();
    const debian = emptyTimes();
    const tell = (what: string) => (times: Times) => {
      keep(outcome(tiny, debian));
      say(`${what}: ${inSeconds(times.back)}; booted by itself ${inSeconds(times.booted)}`);
    };
    const small = { image: "tiny", memory: tinyMemory };
    await killed(cluster, "tiny", small, { times: tiny, count: extent.times(3), tell: tell("tiny") });
    await cluster.debianImage(lodge);
    const cold = { image, cold: true };
    const count = extent.quick ? 1 : 2;
    await killed(cluster, "debian", cold, { times: debian, count, tell: tell("Debian") });
    return outcome(tiny, debian);
  },
};

/** Milliseconds until it answered: on another host after its own was killed, and after a start from rest. */
interface Times {
  readonly back: number[];
  readonly booted: number[];
}

const emptyTimes = (): Times => ({ back: [], booted: [] });

function outcome(tiny: Times, debian: Times): Result {
  const figure = (what: string, samples: readonly number[], bars: Figure["bars"] = []): Figure => ({
    what,
    who: "Lodge",
    unit: "s",
    samples: samples.map((ms) => ms / 1000),
    bars,
  });
  const boot = debian.booted.length > 0 ? most(debian.booted) / 1000 : Number.NaN;
  return {
    figures: [
      figure("a tiny guest answers again", tiny.back, [{ of: "most", atMost: 20 }]),
      figure(
        "Debian answers again",
        debian.back,
        Number.isNaN(boot) ? [] : [{ of: "most", atMost: 8 + boot }],
      ),
      figure("the same tiny guest, started from rest", tiny.booted),
      figure("the same Debian, started from rest on a host that lives", debian.booted),
    ],
    notes: [
      "From the moment at which everything on the host ends (its daemon, its etcd, its guests) until a command in the guest has ended that is asked of another host. It has a lease of 6 s in it, a vote of etcd's where its leader was there, and the guest's boot.",
      "Three hosts that keep the state; the disk in a pool that all share, with a fence device that says at once that the host is off. Debian's bar is 8 s and its own longest boot here.",
    ],
  };
}

const inSeconds = (samples: readonly number[]): string =>
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

interface Kills {
  readonly times: Times;
  readonly count: number;
  readonly tell: (times: Times) => void;
}

/** Started from rest once, and then its host is killed `count` times. */
async function killed(
  cluster: Cluster,
  name: string,
  body: { image: string; memory?: number; cold?: boolean },
  { times, count, tell }: Kills,
): Promise<void> {
  const [first] = cluster.all as [Host];
  const made = await cluster.run(first, { ...body, name, start: false, wait: "none" });
  await cluster.typed(first, "volume", "move", `${name}:disk0`, pool);
  await cluster.typed(first, "set", name, "--ha", "on");
  const begin = performance.now();
  await first.client.waitFor(await first.client.call("guestStart", { params: { guest: made.id } }));
  times.booted.push(await answersSince(cluster, first, name, begin));
  for (let i = 0; i < count; i++) {
    const host = await whereIs(first, made.id);
    const lost = cluster.hosts.get(host);
    const teller = cluster.all.find((one) => one !== lost)!;
    await cluster.until("all hosts are well", () => cluster.isWell(teller));
    const dies = performance.now();
    await lost.crash();
    times.back.push(await answersSince(cluster, teller, name, dies, host));
    tell(times);
    await returned(cluster, lost);
  }
  await cluster.remove(first, made.id);
}

async function returned(cluster: Cluster, host: Host): Promise<void> {
  await host.boot();
  await mount(host, join(cluster.hosts.folder, "shared"));
  await host.startDaemon();
  await cluster.until(`${host.name} is back`, () => cluster.isWell(host));
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

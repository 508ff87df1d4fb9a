/** A host with twenty guests that run is emptied onto two others; each guest's pulse is heard throughout. */
import type { Guest } from "#contract/schema/guest";
import { tinyMemory } from "../../test/vm/daemon.ts";
import { Cluster, type Host } from "../cluster.ts";
import type { Figure } from "../figures.ts";
import { Pulses, slowBeat } from "../heartbeat.ts";
import { abreast, image } from "../lodge.ts";
import { median, most } from "../figures.ts";
import { detached } from "../raw-move.ts";
import { rest, timed, type Result, type Row } from "../row.ts";

/** Milliseconds without a beat after which a guest counts as one that stopped, once the drain is over. */
const dead = 3000;

export const drain: Row = {
  name: "drain",
  title: "A host with 20 guests that run is drained onto two others",
  async measure(lodge, extent, say, keep) {
    say("Making a cluster of three hosts");
    await using cluster = await Cluster.start(3);
    const count = extent.quick ? 2 : 20;
    const tiny = await emptied(cluster, count, { image: "tiny", memory: tinyMemory });
    say(`${count} tiny guests: ${words(tiny)}`);
    keep(outcome(count, tiny));
    await cluster.debian(lodge);
    const debian = await emptied(cluster, count, { image });
    say(`${count} forked Debians: ${words(debian)}`);
    return outcome(count, tiny, debian);
  },
};

const outcome = (count: number, tiny: Emptied, debian?: Emptied): Result => ({
  figures: [
    ...figures(`${count} tiny guests of ${tinyMemory / 2 ** 20} MiB`, tiny),
    ...figures(`${count} Debian guests of 512 MiB, forked`, debian),
  ],
  notes: [
    "From the request to the end of the operation: the plan, with each target asked what stands in the way, and all moves. No shared storage: disks go along; what they stand on is at the targets already. Everything is encrypted between the hosts, which are namespaces of this machine: it does both ends' work.",
    "Each guest beats ten times a second on its serial console, which is read on all hosts: its longest silence has one beat's pause in it. All of them beat on afterwards by the same process.",
  ],
});

interface Emptied {
  /** Milliseconds. */
  readonly time: number;
  /** Each guest's longest silence, in milliseconds. */
  readonly silences: readonly number[];
}

const words = ({ time, silences }: Emptied): string =>
  `${(time / 1000).toFixed(1)} s; longest silence ${median(silences).toFixed(0)} ms (median), ${most(silences).toFixed(0)} ms (most)`;

const figures = (what: string, emptied?: Emptied): Figure[] => [
  {
    what,
    who: "Lodge",
    unit: "s",
    samples: emptied ? [emptied.time / 1000] : [],
    bars: [{ of: "most", atMost: 15 }],
  },
  {
    what: `${what}: the longest silence of each`,
    who: "Lodge",
    unit: "ms",
    samples: emptied?.silences ?? [],
    bars: [],
  },
];

async function emptied(
  cluster: Cluster,
  count: number,
  body: { image: string; memory?: number },
): Promise<Emptied> {
  const [first, second, third] = cluster.all as [Host, Host, Host];
  // Twenty disks of 10 GiB, of which little is written.
  for (const host of cluster.all) await cluster.typed(host, "host", "set", "--overcommit-disk", "100");
  // The template of the shape comes with the first.
  const one = await cluster.run(first, { ...body, name: "d0" });
  const others = await abreast(count - 1, 4, (i) => cluster.run(first, { ...body, name: `d${i + 1}` }));
  const guests: Guest[] = [one, ...others];
  // What its disk stands on comes to both targets.
  for (const to of [second, third, first]) await moved(first, one, to);
  await abreast(count, 4, (i) => cluster.inside(first, guests[i]!.name, ...detached(slowBeat)));
  await rest(5000);
  using pulses = new Pulses(guests.map((guest) => cluster.all.map((host) => cluster.serialLog(host, guest))));
  const { client } = second;
  const time = await timed(async () =>
    client.waitFor(await client.call("drainStart", { body: {} }, { host: first.name })),
  );
  const silences = pulses.longest();
  await rest(2 * dead);
  if (pulses.alive(dead) < count) throw new TypeError(`${count - pulses.alive(dead)} guests beat no more`);
  const left = (await client.call("guestList")).filter(
    ({ host, state }) => host === first.name || state !== "running",
  );
  if (left.length > 0) throw new TypeError(`${left.map(({ name }) => name).join(", ")} stayed or stopped`);
  await abreast(count, 4, (i) => cluster.remove(second, guests[i]!.id));
  await client.waitFor(await client.call("drainResume", { body: { stay: true } }, { host: first.name }));
  return { time, silences };
}

async function moved({ client }: Host, { id }: Guest, to: Host): Promise<void> {
  await client.waitFor(await client.call("guestMove", { params: { guest: id }, body: { to: to.name } }));
}

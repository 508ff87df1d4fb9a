/** A guest with data on a disk that its host alone has: all of it goes along. */
import { join } from "node:path";
import { sharedCluster } from "../cluster.ts";
import { median, type Figure } from "../figures.ts";
import { ms, MovedGuest, seconds, withTraveller, type Moved } from "../moved-guest.ts";
import type { Hop } from "../raw-move.ts";
import { makeCredentials } from "../raw-mirror.ts";
import { rest, type Result, type Row } from "../row.ts";

export const moveLocalDisk: Row = {
  name: "move-local-disk",
  title: "`move` of an idle guest with 2 GiB of data on a local disk, nothing shared",
  async measure(lodge, extent, say, keep) {
    const count = extent.quick ? 1 : 3;
    const pieces = extent.quick ? 16 : 128;
    // 16 MiB that nobody can compress, again and again.
    const fill = `head -c 16777216 /dev/urandom >/dev/shm/piece; for i in $(seq ${pieces}); do cat /dev/shm/piece; done >/data; rm /dev/shm/piece; sync`;
    const credentials = await makeCredentials(join(lodge.paths.home, "raw-tls"));
    const cluster = await sharedCluster(lodge, say);
    // On the very file systems that Lodge has: files on the machine's own.
    const [here, there] = cluster.all.map((host) => host.namespace.outside(host.home));
    const raw: Hop[] = [];
    const ours: Moved[] = [];
    await withTraveller(
      lodge,
      async (traveller) => {
        await traveller.inside("sh", "-c", fill);
        for (let i = 0; i < count; i++) {
          await rest(3000);
          const hop = await traveller.hop({ credentials, patience: 120_000 });
          if (!hop) throw new TypeError("the machine by hand did not come through");
          raw.push(hop);
          say(`raw QEMU: ${(hop.total / 1000).toFixed(1)} s, silent ${hop.silence.toFixed(0)} ms`);
          keep(outcome(pieces, ours, raw));
        }
      },
      { folders: [here!, there!] },
    );
    const guest = await MovedGuest.start(cluster, "carrier");
    await guest.inside("sh", "-c", fill);
    for (let i = 0; i < count; i++) {
      await rest(3000);
      const moved = await guest.hop();
      ours.push(moved);
      say(`Lodge: ${(moved.total / 1000).toFixed(1)} s, silent ${moved.silence.toFixed(0)} ms`);
      keep(outcome(pieces, ours, raw));
    }
    await guest.remove();
    return outcome(pieces, ours, raw);
  },
};

function outcome(pieces: number, ours: readonly Hop[], raw: readonly Hop[]): Result {
  const totals = (hops: readonly Hop[]) => hops.map(({ total }) => total);
  const silences = (hops: readonly Hop[]) => hops.map(({ silence }) => silence);
  const figures: Figure[] = [
    {
      what: "Lodge's median by raw QEMU's",
      who: "Lodge",
      unit: "times",
      samples: ours.length > 0 ? [median(totals(ours)) / median(totals(raw))] : [],
      bars: [{ of: "median", atMost: 1.1 }],
    },
    seconds("`lodge move` as a whole process, until it is done", "Lodge", totals(ours)),
    ms("the longest silence of its heartbeat", "Lodge", silences(ours)),
    seconds("mirror and migration, both by TLS, until it runs there", "raw QEMU", totals(raw)),
    ms("the longest silence of its heartbeat", "raw QEMU", silences(raw)),
  ];
  return {
    figures,
    notes: [
      `${pieces * 16} MiB of random bytes, written in the guest. What its disk stands on is at both ends.`,
      "Raw QEMU: `blockdev-mirror` of the topmost layer over NBD, then the migration, both by QEMU's own TLS with certificates at both ends, over loopback, to a QEMU that is there already.",
      "All disks are on the two hosts' file systems, which are files on the machine's own.",
    ],
  };
}

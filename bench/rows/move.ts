/** `lodge move` of an idle guest between two hosts of a cluster: how long it is silent, how long it takes. */
import { beat, listen } from "../heartbeat.ts";
import type { Figure } from "../figures.ts";
import { median } from "../figures.ts";
import { sharedCluster } from "../cluster.ts";
import { patternOf } from "../raw-qemu.ts";
import { detached, quiet, RawTraveller, type Hop } from "../raw-move.ts";
import { rest, timed, type Row } from "../row.ts";

export const move: Row = {
  name: "move",
  title: "`move` of an idle guest with 512 MiB between two hosts of a cluster",
  async measure(lodge, extent, say) {
    const count = extent.times(10);
    const raw = await byHand(count);
    const cluster = await sharedCluster(lodge, say);
    const [h1, h2] = cluster.all;
    const guest = await cluster.run(h1!, { image: "debian-13", name: "mover" });
    await cluster.inside(h1!, "mover", ...detached(beat));
    const logs = [h1!, h2!].map((host) => cluster.serialLog(host, guest));
    // The first to a host brings the image that its disk stands on.
    for (const to of ["h2", "h1"]) await cluster.typed(h1!, "move", "mover", "--to", to);
    const ours: (Hop & { readonly operation: number; readonly pause: number })[] = [];
    for (let i = 0; i < count; i++) {
      const [from, to] = i % 2 === 0 ? [h1!, h2!] : [h2!, h1!];
      await rest(2000);
      const calm = await quiet(...logs);
      const stop = listen(...logs);
      const total = await timed(() => cluster.typed(from, "move", "mover", "--to", to.name));
      await rest(500);
      const { longest: silence, late } = stop();
      const [operation] = (await from.client.call("operationList", { query: {} }))
        .filter(({ kind }) => kind === "guest.move")
        .toSorted((a, b) => b.startedAt.localeCompare(a.startedAt));
      const { pause = Number.NaN, transferred = 0 } = operation!.result as {
        pause?: number;
        transferred?: number;
      };
      const took = Date.parse(operation!.endedAt!) - Date.parse(operation!.startedAt);
      ours.push({ total, silence, calm, late, sent: transferred / 2 ** 20, pause, operation: took });
      say(
        `${total.toFixed(0)} ms (operation ${took} ms), silent ${silence.toFixed(0)} ms, paused ${pause} ms`,
      );
    }
    await cluster.remove(h1!, "mover");
    const bar = median(raw.map(({ silence }) => silence)) + 20;
    const figures: Figure[] = [
      {
        ...ms(
          "the longest silence of its heartbeat",
          "Lodge",
          ours.map(({ silence }) => silence),
        ),
        bars: [{ of: "median", atMost: bar }],
      },
      ms(
        "the same when nothing happens",
        "Lodge",
        ours.map(({ calm }) => calm),
      ),
      ms(
        "of that, its processors stood still",
        "Lodge",
        ours.map(({ pause }) => pause),
      ),
      {
        ...seconds(
          "`lodge move` as a whole process, until it is done",
          "Lodge",
          ours.map(({ total }) => total),
        ),
        bars: [{ of: "median", atMost: 1.5 }],
      },
      seconds(
        "of that, the operation",
        "Lodge",
        ours.map(({ operation }) => operation),
      ),
      ms(
        "the longest silence of its heartbeat",
        "raw QEMU",
        raw.map(({ silence }) => silence),
      ),
      seconds(
        "from `migrate` until it runs there",
        "raw QEMU",
        raw.map(({ total }) => total),
      ),
    ];
    return {
      figures,
      notes: [
        "The bar of the silence is raw QEMU's median in this run, and 20 ms. Raw QEMU goes over loopback TCP, without TLS, on a disk that both have, to a QEMU that is there already; Lodge starts one, mirrors the disk's topmost layer and goes through its own TLS.",
        `Sent: ${median(ours.map(({ sent }) => sent)).toFixed(0)} MiB by Lodge, ${median(raw.map(({ sent }) => sent)).toFixed(0)} MiB by raw QEMU (medians).`,
        "The hosts are namespaces of one machine with an etcd each: both ends, two QEMUs and the watcher share its processors.",
        `The watcher itself was late by ${Math.max(...ours.map(({ late }) => late)).toFixed(0)} ms at most.`,
      ],
    };

    async function byHand(hops: number): Promise<Hop[]> {
      await lodge.parked();
      const made = await lodge.run();
      const pattern = await patternOf(await lodge.client.call("guestGet", { params: { guest: made.id } }));
      const traveller = await RawTraveller.start(lodge, pattern);
      const all: Hop[] = [];
      try {
        for (let i = 0; i < hops; i++) {
          await rest(2000);
          const hop = await traveller.hop();
          if (!hop) throw new TypeError("the machine by hand did not come through");
          all.push(hop);
          say(`raw QEMU: ${hop.total.toFixed(0)} ms, silent ${hop.silence.toFixed(0)} ms`);
        }
      } finally {
        await traveller.remove();
        await lodge.remove(made);
      }
      return all;
    }
  },
};

const ms = (what: string, who: Figure["who"], samples: readonly number[]): Figure => ({
  what,
  who,
  unit: "ms",
  samples,
  bars: [],
});

const seconds = (what: string, who: Figure["who"], samples: readonly number[]): Figure => ({
  ...ms(
    what,
    who,
    samples.map((one) => one / 1000),
  ),
  unit: "s",
});

/** `lodge move` of an idle guest between two hosts of a cluster: how long it is silent, how long it takes. */
import { sharedCluster } from "../cluster.ts";
import { median, type Figure } from "../figures.ts";
import { ms, MovedGuest, seconds, withTraveller, type Moved } from "../moved-guest.ts";
import type { Hop } from "../raw-move.ts";
import { rest, type Row } from "../row.ts";

export const move: Row = {
  name: "move",
  title: "`move` of an idle guest with 512 MiB between two hosts of a cluster",
  async measure(lodge, extent, say) {
    const count = extent.times(8);
    const raw = await withTraveller(lodge, async (traveller) => {
      const all: Hop[] = [];
      for (let i = 0; i < count; i++) {
        await rest(1500);
        const hop = await traveller.hop();
        if (!hop) throw new TypeError("the machine by hand did not come through");
        all.push(hop);
        say(`raw QEMU: ${hop.total.toFixed(0)} ms, silent ${hop.silence.toFixed(0)} ms`);
      }
      return all;
    });
    const guest = await MovedGuest.start(await sharedCluster(lodge, say), "mover");
    const ours: Moved[] = [];
    for (let i = 0; i < count; i++) {
      await rest(1500);
      const moved = await guest.hop();
      ours.push(moved);
      const { total, operation, silence, pause } = moved;
      say(
        `${total.toFixed(0)} ms (operation ${operation}), silent ${silence.toFixed(0)} ms, paused ${pause}`,
      );
    }
    await guest.remove();
    const of = <T>(samples: readonly T[], what: (one: T) => number) => samples.map(what);
    const bar = median(of(raw, ({ silence }) => silence)) + 20;
    const silence = "the longest silence of its heartbeat";
    const figures: Figure[] = [
      {
        ...ms(
          silence,
          "Lodge",
          of(ours, (one) => one.silence),
        ),
        bars: [{ of: "median", atMost: bar }],
      },
      ms(
        "the same when nothing happens",
        "Lodge",
        of(ours, ({ calm }) => calm),
      ),
      ms(
        "of that, its processors stood still, by Lodge's account",
        "Lodge",
        of(ours, ({ pause }) => pause),
      ),
      {
        ...seconds(
          "`lodge move` as a whole process, until it is done",
          "Lodge",
          of(ours, ({ total }) => total),
        ),
        bars: [{ of: "median", atMost: 1.5 }],
      },
      seconds(
        "of that, the operation",
        "Lodge",
        of(ours, ({ operation }) => operation),
      ),
      ms(
        silence,
        "raw QEMU",
        of(raw, (one) => one.silence),
      ),
      seconds(
        "from `migrate` until it runs there",
        "raw QEMU",
        of(raw, ({ total }) => total),
      ),
    ];
    const sent = (hops: readonly Hop[]) => median(hops.map((hop) => hop.sent)).toFixed(0);
    return {
      figures,
      notes: [
        "The bar of the silence is raw QEMU's median in this run and 20 ms. Raw QEMU goes over loopback TCP without TLS, on a disk that both have, to a QEMU that is there already; Lodge starts one, mirrors the disk's topmost layer, and goes through its own TLS.",
        `Memory sent: ${sent(ours)} MiB by Lodge, ${sent(raw)} MiB by raw QEMU (medians).`,
        "The hosts are namespaces of one machine, with Lodge's own etcd: both QEMUs, both daemons and the watcher share its processors.",
        `The watcher itself was late by ${Math.max(...of(ours, ({ late }) => late)).toFixed(0)} ms at most.`,
        "libvirt was left out of this run. Between two libvirtd of Debian 12 on such a machine, with the same QEMU, `virsh migrate --live` returned after 2.96 s (1.98 s to 6.25 s), with a silence of 113 ms (50 ms to 134 ms).",
      ],
    };
  },
};

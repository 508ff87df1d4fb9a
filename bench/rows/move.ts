/** `lodge move` of an idle guest between two hosts of a cluster: how long it is silent, how long it takes. */
import { inspect } from "node:util";
import { sharedCluster } from "../cluster.ts";
import { median, type Figure } from "../figures.ts";
import { libvirtMissing } from "../libvirt-host.ts";
import { LibvirtTraveller } from "../libvirt-move.ts";
import type { Lodge } from "../lodge.ts";
import { ms, MovedGuest, seconds, withTraveller, type Moved } from "../moved-guest.ts";
import type { Hop } from "../raw-move.ts";
import { patternOf } from "../raw-qemu.ts";
import { rest, type Row } from "../row.ts";

export const move: Row = {
  name: "move",
  title: "`move` of an idle guest with 512 MiB between two hosts of a cluster",
  async measure(lodge, extent, say) {
    const count = extent.times(8);
    const raw = await withTraveller(lodge, (traveller) =>
      hops("raw QEMU", () => traveller.hop(), count, say),
    );
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
    const { virsh, leftOut } = await byLibvirt(lodge, count, say);
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
      ms(
        silence,
        "libvirt",
        of(virsh, (one) => one.silence),
      ),
      seconds(
        "`virsh migrate --live` as a whole process, until it is done",
        "libvirt",
        of(virsh, ({ total }) => total),
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
        leftOut === undefined
          ? `libvirt goes between two libvirtd of this machine, over loopback TCP without TLS, on a disk that both have; its guest was booted, not forked, and the cluster stood idle beside it. Memory sent: ${sent(virsh)} MiB.`
          : `libvirt was left out of this run: ${leftOut}`,
      ],
    };
  },
};

async function hops(
  who: string,
  hop: () => Promise<Hop | undefined>,
  count: number,
  say: (line: string) => void,
): Promise<Hop[]> {
  const all: Hop[] = [];
  for (let i = 0; i < count; i++) {
    await rest(1500);
    const one = await hop();
    if (!one) throw new TypeError(`the machine of ${who} did not come through`);
    all.push(one);
    say(`${who}: ${one.total.toFixed(0)} ms, silent ${one.silence.toFixed(0)} ms`);
  }
  return all;
}

/** Where libvirt does not do what it should, the others' figures are still worth having. */
async function byLibvirt(
  lodge: Lodge,
  count: number,
  say: (line: string) => void,
): Promise<{ readonly virsh: Hop[]; readonly leftOut?: string }> {
  const leftOut = await libvirtMissing();
  if (leftOut !== undefined) return { virsh: [], leftOut };
  try {
    const like = await lodge.run();
    const pattern = await patternOf(await lodge.client.call("guestGet", { params: { guest: like.id } }));
    await lodge.remove(like);
    say("Booting libvirt's guest");
    const traveller = await LibvirtTraveller.start(lodge, pattern);
    try {
      return { virsh: await hops("libvirt", () => traveller.hop(), count, say) };
    } finally {
      await traveller.remove();
    }
  } catch (error) {
    say(inspect(error));
    return { virsh: [], leftOut: `it failed with "${(error as Error).message.split("\n")[0]}"` };
  }
}

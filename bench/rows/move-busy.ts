/** A guest that writes faster than the link carries, and is moved all the same. */
import { sharedCluster } from "../cluster.ts";
import type { Figure } from "../figures.ts";
import { ms, MovedGuest, seconds, withTraveller, type Moved } from "../moved-guest.ts";
import { detached, type Hop } from "../raw-move.ts";
import { rest, type Row } from "../row.ts";

/** Writes one byte to each page of 100 MiB, again and again. */
const dirty = [
  "perl",
  "-e",
  'my $n = 100 << 20; my $m = "\\0" x $n; for (my $p = 0; ; $p = ($p + 1) & 255) { my $c = chr $p; for (my $i = 0; $i < $n; $i += 4096) { substr($m, $i, 1, $c) } }',
];
const bandwidth = 128 * 2 ** 20;

export const moveBusy: Row = {
  name: "move-busy",
  title: "`move` of a guest that writes to 100 MiB in a loop, by a link of 128 MiB/s",
  async measure(lodge, extent, say) {
    const [patience, longer] = extent.quick ? [5000, 20_000] : [20_000, 45_000];
    const raw = await withTraveller(
      lodge,
      async (traveller) => {
        await rest(5000);
        const plain = await traveller.hop({ bandwidth, patience });
        say(`raw QEMU: ${inWords(plain, patience)}`);
        await rest(3000);
        const slowed = await traveller.hop({ bandwidth, converges: true, patience: longer });
        say(`raw QEMU, auto-converge: ${inWords(slowed, longer)}`);
        return { plain, slowed };
      },
      { also: dirty },
    );
    const guest = await MovedGuest.start(await sharedCluster(lodge, say), "busy");
    await guest.inside(...detached(dirty));
    await rest(5000);
    const ours: Moved[] = [];
    for (let i = 0; i < extent.times(3); i++) {
      await rest(2000);
      ours.push(await guest.hop("--max-bandwidth", "128M"));
      say(`Lodge: ${inWords(ours.at(-1), 0)}`);
    }
    await guest.remove();
    const silence = "the longest silence of its heartbeat";
    const figures: Figure[] = [
      {
        ...ms(
          silence,
          "Lodge",
          ours.map((one) => one.silence),
        ),
        bars: [{ of: "median", atMost: 300 }],
      },
      ms(
        "the same when it does not move",
        "Lodge",
        ours.map(({ calm }) => calm),
      ),
      seconds(
        "`lodge move --max-bandwidth 128M`, until it is done",
        "Lodge",
        ours.map(({ total }) => total),
      ),
      ...hand("pre-copy", raw.plain),
      ...hand("auto-converge", raw.slowed),
    ];
    return {
      figures,
      notes: [
        "One byte of each page is written. No post-copy.",
        `Raw QEMU, pre-copy: ${inWords(raw.plain, patience)}. With auto-converge: ${inWords(raw.slowed, longer)}.`,
        "This machine has no KVM: Lodge sends memory in one pass, and what was written meanwhile while the guest stands still, for which the limit does not hold. Slowing the guest down, as Lodge has QEMU do with KVM, could not be measured here.",
        `Memory of which QEMU took note: ${Math.max(...ours.map(({ sent }) => sent)).toFixed(0)} MiB at most.`,
      ],
    };
  },
};

const inWords = (hop: Hop | undefined, patience: number): string =>
  hop
    ? `through after ${(hop.total / 1000).toFixed(1)} s, silent ${hop.silence.toFixed(0)} ms`
    : `not through after ${patience / 1000} s, and given up`;

const hand = (how: string, hop: Hop | undefined): Figure[] =>
  hop
    ? [
        ms(`${how}: the longest silence of its heartbeat`, "raw QEMU", [hop.silence]),
        seconds(`${how}: from \`migrate\` until it runs there`, "raw QEMU", [hop.total]),
      ]
    : [];

/**
 * Neighbours that make noise, each within a cap: one burns processors, one writes to its disk, one floods the network.
 * What does a quiet guest notice, and do the caps hold?
 *
 * The quiet guest is measured alone, alone again and with them, in turns: how far the two times alone are apart is what
 * this cannot tell.
 */
import type { Guest } from "#contract/schema/guest";
import type { LimitsChange } from "#contract/schema/limits";
import { exec } from "#base/exec";
import { openGroups } from "#hypervisor/cpu/open-groups";
import { shaperOf, tapName } from "#hypervisor/net/names";
import { tapTraffic } from "#hypervisor/net/traffic";
import { noAddresses } from "../answers.ts";
import { median, type Figure } from "../figures.ts";
import type { Lodge } from "../lodge.ts";
import { rest, type Row } from "../row.ts";

const MiB = 2 ** 20;
const caps = { cpu: 0.5, disk: 4 * MiB, network: 2 * MiB } as const;

const noises: readonly { readonly name: string; readonly limits: LimitsChange; readonly script: string }[] = [
  { name: "burner", limits: { cap: caps.cpu }, script: "while :; do :; done" },
  {
    name: "writer",
    limits: { disk: { writeBytes: caps.disk } },
    script:
      "while :; do dd if=/dev/zero of=/var/tmp/noise bs=64k count=256 oflag=direct conv=notrunc 2>/dev/null; done",
  },
  {
    name: "sender",
    limits: { nic: { out: caps.network } },
    script: `exec perl -MSocket -e 'socket my $s, PF_INET, SOCK_DGRAM, 0; my $to = sockaddr_in(9, inet_aton($ARGV[0])); my $what = "x" x 1400; while (1) { send $s, $what, 0, $to }' "$(ip route show default | head -n 1 | cut -d ' ' -f 3)"`,
  },
];

/** Milliseconds: a fixed piece of arithmetic, and each of many writes that are made sure of. */
const work = `use IO::Handle;
# clock_gettime(2), by its number on x86-64: Time::HiRes is not in perl-base.
sub now { my $b = "\\0" x 16; syscall 228, 1, $b; my ($s, $n) = unpack "qq", $b; $s * 1000 + $n / 1e6 }
my $t = now; my $x = 0; $x = ($x * 31 + $_) % 65521 for 1 .. 400_000; printf "loop %.3f\\n", now() - $t;
open my $f, ">", "/var/tmp/quiet" or die; $f->autoflush;
for (1 .. 100) { my $t = now; print $f "x" x 4096; $f->sync; printf "fsync %.3f\\n", now() - $t }`;

interface Noticed {
  readonly loop: number;
  readonly fsync: number;
  readonly ping: number | undefined;
}

/** The one of a hundred that only one is above. */
function p99(samples: readonly number[]): number {
  const sorted = samples.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * 0.99))] ?? Number.NaN;
}

async function notice(lodge: Lodge, { name, nics }: Guest): Promise<Noticed> {
  const { output } = await lodge.inside(name, "perl", "-e", work);
  const all = (what: string) =>
    [...output.matchAll(new RegExp(`^${what} ([0-9.]+)$`, "gm"))].map(([, ms]) => Number(ms));
  const address = nics[0]?.address;
  const pings = address === undefined ? [] : await pingTimes(address);
  return { loop: all("loop")[0]!, fsync: p99(all("fsync")), ping: pings.length > 0 ? p99(pings) : undefined };
}

async function pingTimes(address: string): Promise<number[]> {
  const { stdout } = await exec("ping", ["-n", "-c", "200", "-i", "0.01", "-W", "2", address]);
  return [...stdout.matchAll(/ time=([0-9.]+) ms/g)].map(([, ms]) => Number(ms));
}

/** Shares of its cap that each neighbour took, within ten seconds. */
async function capsHeld(
  lodge: Lodge,
  tag: string,
  [burner, writer, sender]: readonly Guest[],
): Promise<number[]> {
  const groups = openGroups(tag);
  const look = async () => ({
    at: performance.now(),
    cpu: groups.usage(burner!.id)?.cpuSeconds ?? Number.NaN,
    disk:
      512 *
      Number((await lodge.inside(writer!.name, "awk", '$3 == "vda" {print $10}', "/proc/diskstats")).output),
    network: (await tapTraffic(shaperOf(tapName(tag, sender!.id, "nic0"))))?.received ?? Number.NaN,
  });
  const before = await look();
  await rest(10_000);
  const after = await look();
  const seconds = (after.at - before.at) / 1000;
  return (["cpu", "disk", "network"] as const).map(
    (what) => ((after[what] - before[what]) / seconds / caps[what]) * 100,
  );
}

export const noisy: Row = {
  name: "noisy",
  title: "a quiet guest beside one that burns processors, one that writes, one that sends, each within a cap",
  async measure(lodge, extent, say) {
    await lodge.parked();
    const { tag = "" } = await lodge.client.call("hostGet");
    const quiet = await lodge.run();
    const neighbours: Guest[] = [];
    for (const { limits } of noises) {
      const guest = await lodge.run();
      await lodge.client.call("guestUpdate", { params: { guest: guest.id }, body: { limits } });
      neighbours.push(guest);
    }
    const each = (work: (guest: Guest, i: number) => Promise<unknown>) => Promise.all(neighbours.map(work));
    const begin = () =>
      each((guest, i) =>
        lodge.inside(
          guest.name,
          "sh",
          "-c",
          `setsid sh -c "$0" >/dev/null 2>&1 </dev/null & echo $! >/run/noise`,
          noises[i]!.script,
        ),
      );
    const end = () => each((guest) => lodge.inside(guest.name, "sh", "-c", "kill -KILL -$(cat /run/noise)"));
    const alone: Noticed[] = [];
    const again: Noticed[] = [];
    const beside: Noticed[] = [];
    const held: number[][] = [];
    await rest(extent.quick ? 2000 : 20_000);
    // The first time is that of programs which are read and translated.
    await notice(lodge, quiet);
    for (let i = 0; i < extent.times(8); i++) {
      alone.push(await notice(lodge, quiet));
      again.push(await notice(lodge, quiet));
      await begin();
      await rest(1000);
      beside.push(await notice(lodge, quiet));
      held.push(await capsHeld(lodge, tag, neighbours));
      await end();
      say(`loop ${alone[i]!.loop.toFixed(0)} ms alone, ${beside[i]!.loop.toFixed(0)} ms beside them`);
      await rest(2000);
    }
    await lodge.remove(quiet, ...neighbours);
    const noticed = (["loop", "fsync", "ping"] as const).flatMap((what) =>
      figuresOf(what, [alone, again, beside]),
    );
    const kept = ["processors", "disk", "network"].map((what, i): Figure => ({
      what: `what the neighbour took of its cap: ${what}`,
      who: "Lodge",
      unit: "%",
      samples: held.map((shares) => shares[i]!).filter(Number.isFinite),
      bars: [{ of: "median", atMost: 105 }],
    }));
    const notes = [
      `Caps: half a processor, ${caps.disk / MiB} MiB/s written, ${caps.network / MiB} MiB/s sent.`,
      ...(alone[0]!.ping === undefined ? [noAddresses] : []),
    ];
    return { figures: [...noticed, ...kept.filter(({ samples }) => samples.length > 0)], notes };
  },
};

const words = {
  loop: "a fixed loop in the quiet guest",
  fsync: "99th percentile of 100 writes of 4 KiB with fsync in it",
  ping: "99th percentile of 200 pings of it from the host",
} as const;

function figuresOf(what: keyof Noticed, runs: readonly (readonly Noticed[])[]): Figure[] {
  const samples = runs.map((run) => run.map((one) => one[what]).filter((ms) => ms !== undefined));
  if (samples[0]!.length === 0) return [];
  const times = ["alone", "alone again", "beside three noisy ones"].map((when, i): Figure => ({
    what: `${words[what]}: ${when}`,
    who: "Lodge",
    unit: "ms",
    samples: samples[i]!,
    bars: [],
  }));
  const share = (of: number) => [(median(samples[of]!) / median(samples[0]!)) * 100];
  return [
    ...times,
    {
      what: `${what}: alone again, of alone (medians)`,
      who: "Lodge",
      unit: "%",
      samples: share(1),
      bars: [],
    },
    {
      what: `${what}: beside them, of alone (medians)`,
      who: "Lodge",
      unit: "%",
      samples: share(2),
      bars: [{ of: "median", atMost: 110 }],
    },
  ];
}

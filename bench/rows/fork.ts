/** `run` from a parked template until a command has answered. Nothing is forked beforehand. */
import { createHash } from "node:crypto";
import type { Figure } from "../figures.ts";
import type { Lodge } from "../lodge.ts";
import { parkedFiles, patternOf, RawMachine, type Pattern } from "../raw-qemu.ts";
import { rest, timed, type Row } from "../row.ts";

/** What no two guests may share, one a line. */
const ids =
  "cat /etc/machine-id; hostname; cat /sys/class/net/e*/address; cat /sys/class/dmi/id/product_uuid 2>/dev/null; " +
  "cat /etc/ssh/ssh_host_ed25519_key.pub | cut -d' ' -f2; head -c 16 /dev/urandom | od -An -tx1";

export const fork: Row = {
  name: "fork",
  title: "`run` from a parked template until `exec true` has answered",
  async measure(lodge, extent, say) {
    await lodge.parked();
    const times: number[] = [];
    const created: number[] = [];
    const seen: string[][] = [];
    let forked = 0;
    let pattern: Pattern | undefined;
    const raw: number[] = [];
    const count = extent.times(30);
    for (let i = 0; i < count; i++) {
      const begin = performance.now();
      const guest = await lodge.run();
      created.push(performance.now() - begin);
      const { code } = await lodge.inside(guest.name, "true");
      times.push(performance.now() - begin);
      if (code === 0 && guest.origin.how === "fork") forked++;
      seen.push((await lodge.inside(guest.name, "sh", "-c", ids)).output.split("\n").filter(Boolean));
      say(`${times.at(-1)!.toFixed(0)} ms`);
      if (i % 3 === 0) {
        pattern = await patternOf(await lodge.client.call("guestGet", { params: { guest: guest.id } }));
        raw.push(await forkByHand(lodge, pattern));
      }
      await lodge.remove(guest);
      await rest(200);
    }
    const commands: number[] = [];
    for (let i = 0; i < extent.times(10); i++) {
      commands.push(
        await timed(() => lodge.command("run", "--quiet", "--rm", "--name", `command-${i}`, "--", "true")),
      );
      await rest(200);
    }
    const figures: Figure[] = [
      {
        what: "asked of the daemon, until `exec true` has answered",
        who: "Lodge",
        unit: "ms",
        samples: times,
        bars: [
          { of: "median", atMost: 350 },
          { of: "p95", atMost: 700 },
        ],
      },
      { what: "of that, until it is up and is itself", who: "Lodge", unit: "ms", samples: created, bars: [] },
      {
        what: "the same files by hand, no identity given, until `true` has run",
        who: "raw QEMU",
        unit: "ms",
        samples: raw,
        bars: [],
      },
      {
        what: "whole process: `lodge run --rm -- true`, its removal included",
        who: "Lodge",
        unit: "ms",
        samples: commands,
        bars: [],
      },
    ];
    return {
      figures,
      notes: [
        `${forked} of ${count} forked and answered with success.`,
        `Different ones among ${count} guests: ${distinct(seen)}. The UUID is that of SMBIOS, which a fork shares with its template until it reboots.`,
        "The peer that does the same, libvirt's clone until ssh answers, took 18.7 s on such a machine.",
      ],
    };
  },
};

/** "machine-id 30, hostname 30, …": how many different ones there were. */
function distinct(seen: readonly (readonly string[])[]): string {
  const names = ["machine-id", "hostname", "MAC", "UUID", "SSH host key", "random bytes"];
  return names
    .map((name, at) => {
      const values = new Set(
        seen.map((each) =>
          createHash("sha256")
            .update(each[at] ?? "")
            .digest("hex"),
        ),
      );
      return `${name} ${values.size}`;
    })
    .join(", ");
}

/** Milliseconds for what anybody could do with the parked files: layer, tap, QEMU, state, a command. */
async function forkByHand(lodge: Lodge, pattern: Pattern): Promise<number> {
  const begin = performance.now();
  const prepared = await RawMachine.prepare(lodge, pattern, { parked: parkedFiles(lodge, pattern.guest) });
  const machine = await RawMachine.start(prepared);
  try {
    await machine.monitor.execute("cont");
    await machine.agent.runToEnd(["true"]);
    return performance.now() - begin;
  } finally {
    await machine.remove();
  }
}

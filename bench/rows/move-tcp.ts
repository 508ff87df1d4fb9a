/** Who is connected to a guest that moves fifty times: by TCP in each way that there is, at its console, at its display. */
import { Cluster, type Host } from "../cluster.ts";
import type { Figure } from "../figures.ts";
import { OpenViewers } from "../open-viewers.ts";
import { timed, type Result, type Row } from "../row.ts";
import { each, TcpWorld } from "../tcp-world.ts";

export const moveTcp: Row = {
  name: "move-tcp",
  title: "What is connected to a guest that moves 50 times",
  bare: true,
  async measure(_lodge, extent, say, keep) {
    const moves = extent.quick ? 4 : 50;
    say("Making a cluster of three hosts");
    await using cluster = await Cluster.start(3);
    const [h1, h2] = cluster.all as [Host, Host];
    using world = await TcpWorld.make(cluster);
    await using viewers = await OpenViewers.open(cluster, h1);
    const lost = async (when: string) => [...(await world.lost(when)), ...(await viewers.lost(when))];
    const first = await lost("before");
    if (first.length > 0) throw new TypeError(`not even before the first move: ${first.join(", ")}`);
    const times: number[] = [];
    const gone = new Set<string>();
    for (let i = 0; i < moves; i++) {
      const to = i % 2 === 0 ? h2 : h1;
      times.push(await timed(() => cluster.typed(h1, "move", "mover", "--to", to.name)));
      if (i % 10 < 9 && i < moves - 1) continue;
      for (const name of await lost(`after${i + 1}`)) gone.add(name);
      say(`${i + 1} of ${moves}: lost so far: ${[...gone].join(", ") || "none"}`);
      keep(outcome(times, gone));
    }
    return outcome(times, gone);
  },
};

const viewerNames = ["console", "display", "exec"];

function outcome(times: readonly number[], gone: ReadonlySet<string>): Result {
  const viewers = [...gone].filter((name) => viewerNames.includes(name)).length;
  const none: Figure["bars"] = [{ of: "most", atMost: 0 }];
  const count = (what: string, lost: number): Figure => ({
    what,
    who: "Lodge",
    unit: "count",
    samples: [lost],
    bars: none,
  });
  return {
    figures: [
      count(`TCP connections that are lost, of ${3 * each}`, gone.size - viewers),
      count("viewers and commands that are disconnected, of 3", viewers),
      { what: "a move", who: "Lodge", unit: "s", samples: times.map((time) => time / 1000), bars: [] },
    ],
    notes: [
      `${times.length} moves between two hosts of three. ${each} connections each: from the guest through its host's NAT to a server on the third, from the third to a port that the guest publishes at the first, and from the guest over the overlay to another that stays. Each says something all the time, or after every tenth move, and has to hear it again.`,
      "The viewers are the serial console, the display and a command's streams, all asked of the first host, wherever the guest is.",
      "The guest is the tests' own, with 160 MiB.",
    ],
  };
}

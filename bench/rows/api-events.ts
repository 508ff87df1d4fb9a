/** How long a change takes to reach a reader of the event stream, while a thousand guests change. */
import { once } from "node:events";
import { Agent } from "node:http";
import { Worker } from "node:worker_threads";
import { FakedDaemon } from "../../test/fakes/faked-daemon.ts";
import { guestRecords } from "../../test/fakes/guest-records.ts";
import { describeGuest } from "../describe-guest.ts";
import { abreast } from "../lodge.ts";
import type { Row } from "../row.ts";

const guests = 1_000;
/** Requests under way at a time. */
const lanes = 4;
/** Changes in a second, of all guests together. */
const rate = 500;

export const apiEvents: Row = {
  name: "api-events",
  title: "A change until it reaches a reader of the event stream, 1,000 guests changing",
  bare: true,
  async measure(_lodge, extent, say) {
    const daemon = await FakedDaemon.start({ records: guestRecords(guests) });
    const agent = new Agent({ keepAlive: true, maxSockets: lanes });
    const reader = new Worker(new URL("../feed-reader.ts", import.meta.url), {
      workerData: { path: daemon.paths.socket },
    });
    const change = (i: number): Promise<void> =>
      describeGuest(agent, daemon.paths.socket, i % guests, String(process.hrtime.bigint()));
    try {
      await once(reader, "message");
      const rounds = extent.quick ? 1 : 10;
      say(`Changing each of ${guests} guests ${rounds} times, ${rate} changes a second`);
      const begin = performance.now();
      await abreast(guests * rounds, lanes, async (i) => {
        const due = begin + (i * 1000) / rate - performance.now();
        if (due > 1) await new Promise((resolve) => setTimeout(resolve, due));
        await change(i);
      });
      const seconds = (performance.now() - begin) / 1000;
      const answer = once(reader, "message");
      reader.postMessage("end");
      const [{ samples, resets }] = (await answer) as [{ samples: number[]; resets: number }];
      return {
        figures: [
          {
            what: "from the request that makes a change until its frame is read",
            who: "Lodge",
            unit: "ms",
            samples,
            bars: [{ of: "p95", atMost: 50 }],
          },
        ],
        notes: [
          `${guests * rounds} changes in ${seconds.toFixed(1)} s (${Math.round((guests * rounds) / seconds)} a second, ${lanes} at a time), each a PATCH over HTTP that is on disk before it is told; ${samples.length} frames, ${resets} resets.`,
          "The time includes the request itself. The reader is a WebSocket in a thread of its own, on the same two processors.",
        ],
      };
    } finally {
      agent.destroy();
      await reader.terminate();
      await daemon.close();
    }
  },
};

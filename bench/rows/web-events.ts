/** How long a change takes to reach the web interface in a browser, while a thousand guests change. */
import { Agent } from "node:http";
import { ensureWeb } from "../../tools/web.ts";
import { FakedDaemon } from "../../test/fakes/faked-daemon.ts";
import { guestRecords } from "../../test/fakes/guest-records.ts";
import { describeGuest } from "../describe-guest.ts";
import { abreast } from "../lodge.ts";
import { rest, type Row } from "../row.ts";
import { wallClock, WebVisit } from "../web/visit.ts";

const guests = 1_000;
/** Requests under way at a time. */
const lanes = 4;
/** Changes in a second, of all guests together. */
const rate = 500;

/** In the page, before the interface begins: notes when each frame is there, which is before the interface sees it. */
const probe = `
window.arrivals = [];
window.WebSocket = class extends WebSocket {
  constructor(...words) {
    super(...words);
    this.addEventListener("message", ({ data }) => {
      const begun = /"description":"at ([0-9.]+)"/.exec(data)?.[1];
      if (begun !== undefined) arrivals.push(performance.timeOrigin + performance.now() - Number(begun));
    });
  }
};`;

export const webEvents: Row = {
  name: "web-events",
  title: "A change until it reaches the web interface in Chromium, 1,000 guests changing",
  bare: true,
  async measure(_lodge, extent, say) {
    await ensureWeb();
    const daemon = await FakedDaemon.start({ listen: true, records: guestRecords(guests) });
    const agent = new Agent({ keepAlive: true, maxSockets: lanes });
    const change = (i: number): Promise<void> =>
      describeGuest(agent, daemon.paths.socket, i % guests, `at ${wallClock().toFixed(3)}`);
    let visit: WebVisit | undefined;
    try {
      visit = await WebVisit.begin((await daemon.url()).replace("127.0.0.1", "localhost"));
      await visit.page.addInitScript(probe);
      await visit.signIn(daemon.client);
      await visit.page.getByRole("row").filter({ hasText: "guest-00000" }).waitFor();
      await rest(2000);
      const rounds = extent.quick ? 1 : 10;
      say(`Changing each of ${guests} guests ${rounds} times, ${rate} changes a second`);
      const begin = performance.now();
      await abreast(guests * rounds, lanes, async (i) => {
        const due = begin + (i * 1000) / rate - performance.now();
        if (due > 1) await rest(due);
        await change(i);
      });
      const seconds = (performance.now() - begin) / 1000;
      await rest(2000);
      const samples = await visit.ask<number[]>("arrivals");
      return {
        figures: [
          {
            what: "from the request that makes a change until its frame is in the page",
            who: "Lodge",
            unit: "ms",
            samples,
            bars: [{ of: "p95", atMost: 50 }],
          },
        ],
        notes: [
          `${guests * rounds} changes in ${seconds.toFixed(1)} s (${Math.round((guests * rounds) / seconds)} a second, ${lanes} at a time), each on disk before it is told; ${samples.length} frames came: changes of one guest that were not taken yet are one.`,
          "The page is the table of all of these guests, which it draws anew meanwhile; a frame counts once the page's only thread gets to it. Daemon, browser and whoever makes the changes share the processors and their clock.",
        ],
      };
    } finally {
      agent.destroy();
      await visit?.end();
      await daemon.close();
    }
  },
};

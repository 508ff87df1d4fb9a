/** Does the table of ten thousand guests keep up with a wheel that is turned all the time? */
import { ensureWeb } from "../../tools/web.ts";
import { FakedDaemon } from "../../test/fakes/faked-daemon.ts";
import { guestRecords } from "../../test/fakes/guest-records.ts";
import { rest, type Row } from "../row.ts";
import { within, WebVisit } from "../web/visit.ts";

const count = 10_000;

/**
 * In the page: the time of each animation frame while it scrolls, by the frame's own clock, in which one that was left out
 * is a gap. Once a frame is drawn it is looked whether there is a row in the table's middle.
 */
const probe = `
window.frames_ = [];
window.bare = 0;
window.watching = true;
{
  const content = document.getElementById("content").getBoundingClientRect();
  const [x, y] = [content.x + content.width / 2, content.y + content.height / 2];
  const drawn = new MessageChannel();
  drawn.port1.onmessage = () => {
    if (!document.elementFromPoint(x, y)?.closest("[role=row]")) bare++;
  };
  const frame = (time) => {
    frames_.push(time);
    drawn.port2.postMessage(0);
    if (watching) requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
}`;

export const webScroll: Row = {
  name: "web-scroll",
  title: "The table of 10,000 guests while it is scrolled",
  bare: true,
  async measure(_lodge, extent, say) {
    await ensureWeb();
    say(`Writing ${count} guests' records`);
    const daemon = await FakedDaemon.start({ listen: true, records: guestRecords(count) });
    let visit: WebVisit | undefined;
    try {
      visit = await WebVisit.begin((await daemon.url()).replace("127.0.0.1", "localhost"));
      const { page, session } = visit;
      await visit.signIn(daemon.client);
      await page.getByRole("row").filter({ hasText: "guest-00000" }).waitFor();
      await rest(3000);
      await visit.ask(probe);
      const turns = extent.quick ? 60 : 600;
      for (let i = 0; i < turns; i++) {
        // Down, and for the last third up again; three lines of a wheel at a time, as fast as frames come.
        const deltaY = i < (turns * 2) / 3 ? 120 : -120;
        const turned = session.send("Input.dispatchMouseEvent", {
          type: "mouseWheel",
          x: 720,
          y: 500,
          deltaX: 0,
          deltaY,
        });
        await within(turned, "a turn of the wheel");
      }
      await visit.ask("watching = false");
      const times = await visit.ask<number[]>("frames_");
      const bare = await visit.ask<number>("bare");
      const top = await visit.ask<number>(`document.getElementById("content").scrollTop`);
      if (top === 0) throw new TypeError("nothing was scrolled");
      const samples = times.slice(1).map((time, i) => time - times[i]!);
      const dropped = samples.filter((sample) => sample > 25).length;
      say(`${samples.length} frames, ${dropped} late, ${bare} with nothing in the middle`);
      return {
        figures: [
          {
            what: "from one animation frame to the next",
            who: "Lodge",
            unit: "ms",
            samples,
            bars: [
              { of: "median", atMost: 17 },
              { of: "p95", atMost: 17 },
            ],
          },
          {
            what: "frames with no row in the table's middle",
            who: "Lodge",
            unit: "frames",
            samples: [bare],
            bars: [{ of: "most", atMost: 0 }],
          },
        ],
        notes: [
          `${turns} turns of the wheel of 120 pixels each, as fast as the browser takes them; it draws 60 frames a second, and ${dropped} of ${samples.length} came a frame or more late.`,
        ],
      };
    } finally {
      await visit?.end();
      await daemon.close();
    }
  },
};

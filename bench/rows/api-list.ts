/** Lists of ten thousand guests over HTTP: the first page, and everything in pages of a thousand. */
import { FakedDaemon } from "../../test/fakes/faked-daemon.ts";
import { guestRecords } from "../../test/fakes/guest-records.ts";
import { GuestLists } from "../list-guests.ts";
import { rest, timed, type Row } from "../row.ts";

const count = 10_000;

export const apiList: Row = {
  name: "api-list",
  title: "`GET /v1/guests` of 10,000 guests",
  bare: true,
  async measure(_lodge, extent, say) {
    say(`Writing ${count} guests' records`);
    const daemon = await FakedDaemon.start({ records: guestRecords(count) });
    using lists = new GuestLists(daemon.paths.socket);
    async function whole(): Promise<void> {
      const items = await lists.whole();
      if (items !== count) throw new TypeError(`${items} guests were listed`);
    }
    try {
      const first: number[] = [];
      const all: number[] = [];
      const changed: number[] = [];
      // The first ones put every guest's JSON and the order in place.
      const coldWhole = await timed(whole);
      for (let i = 0; i < extent.times(30); i++) {
        first.push(await timed(() => lists.page("limit=100")));
        await rest(20);
        all.push(await timed(whole));
        await rest(20);
        const params = { guest: `guest-${String(i).padStart(5, "0")}` };
        await daemon.client.call("guestUpdate", { params, body: { description: `turn ${i}` } });
        changed.push(await timed(() => lists.page("limit=100")));
      }
      const figure = (what: string, samples: number[], atMost: number) =>
        ({
          what,
          who: "Lodge",
          unit: "ms",
          samples,
          bars: [
            { of: "median", atMost },
            { of: "p95", atMost },
          ],
        }) as const;
      return {
        figures: [
          figure("the first page of 100", first, 20),
          figure("the first page, right after a guest was changed", changed, 20),
          figure(`all ${count}, in pages of 1,000`, all, 200),
        ],
        notes: [
          `By HTTP on the daemon's unix socket, one connection kept, answers parsed: ${Math.round(lists.bytes / 1e6)} MB in all. The first such list after the daemon's start took ${Math.round(coldWhole)} ms.`,
          "The guests are records that rest; the daemon is the real one, over a stand-in for QEMU.",
        ],
      };
    } finally {
      await daemon.close();
    }
  },
};

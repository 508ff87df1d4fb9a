/** What it takes to choose a host for one more guest, among 10, 100 and 1,000 that have 50 guests each. Nothing runs for it. */
import { place } from "#domain/host/placement/place";
import { simulated, wishesOf } from "../../test/fakes/placement-cluster.ts";
import type { Row } from "../row.ts";

const asking = { now: 0, policy: "balance" } as const;

export const placement: Row = {
  name: "placement",
  title: "Choosing a host for a guest, among up to 1,000 hosts with 50,000 guests",
  bare: true,
  async measure(_, extent, say) {
    const rows = [10, 100, 1000].map((hosts) => {
      const board = simulated(hosts);
      const looks: number[] = [];
      const samples = wishesOf(extent.times(500)).map((wish, n) => {
        const begin = performance.now();
        const { best, looked } = place(board, wish, asking);
        if (best) board.come({ ...wish, id: `new${n}`, host: best.host });
        looks.push(looked);
        return performance.now() - begin;
      });
      const mean = looks.reduce((sum, count) => sum + count, 0) / looks.length;
      say(`${hosts} hosts: ${mean.toFixed(0)} hosts and steps looked at on average`);
      return { hosts, samples, mean };
    });
    return {
      figures: rows.map(({ hosts, samples }) => ({
        what: `one guest placed and recorded, ${hosts} hosts`,
        who: "Lodge",
        unit: "ms",
        samples,
        bars: [],
      })),
      notes: [
        `Hosts of three sizes with 50 guests each, of which every guest that is placed is one more. Looked at on average: ${rows
          .map(({ hosts, mean }) => `${mean.toFixed(0)} of ${hosts}`)
          .join(", ")} (hosts, and steps of the index between them).`,
      ],
    };
  },
};

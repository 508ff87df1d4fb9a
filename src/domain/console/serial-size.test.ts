import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { LodgeError } from "#contract/errors";
import { silentLog } from "#base/log";
import { NoAgent } from "#hypervisor/agent/guest-agent";
import { SerialSizes } from "./serial-size.ts";

describe("a serial console's size", () => {
  it("is the last one, however many come while the guest is told of the first", async () => {
    const told: string[] = [];
    const first = Promise.withResolvers<number>();
    const inside = new NoAgent("g");
    const run = async (argv: readonly string[]) => {
      told.push(argv.join(" "));
      return told.length === 1 ? first.promise : 0;
    };
    const sizes = new SerialSizes(silentLog);
    const live = { id: "g1", inside: Object.assign(inside, { run }) };
    const telling = sizes.tell(live, { rows: 24, cols: 80 });
    for (let cols = 81; cols <= 99; cols++) await sizes.tell(live, { rows: 24, cols });
    first.resolve(0);
    await telling;
    await sizes.tell(live, { rows: 50, cols: 160 });
    assert.deepEqual(
      told,
      ["rows 24 cols 80", "rows 24 cols 99", "rows 50 cols 160"].map((size) => `stty -F /dev/ttyS0 ${size}`),
    );
  });

  it("is nothing to fail at where the guest cannot be told", async () => {
    let asked = 0;
    const run = async () => {
      asked++;
      throw new LodgeError("agent.absent", { guest: "g" });
    };
    const sizes = new SerialSizes(silentLog);
    const live = { id: "g1", inside: Object.assign(new NoAgent("g"), { run }) };
    for (let time = 0; time < 2; time++) await sizes.tell(live, { rows: 24, cols: 80 });
    assert.equal(asked, 2);
  });
});

import assert from "node:assert/strict";
import { beforeEach, describe, it } from "node:test";
import { LodgeError } from "#contract/errors";
import { silentLog } from "#base/log";
import type { Told } from "#hypervisor/fence/watch";
import { fenceMargin, Holds } from "./holds.ts";

const mark = "path=/run/lodge/g1/";
const web = { id: "g1", name: "web" };
let now: number;
let told: Told[];
let broken: boolean;
let holds: Holds;

beforeEach(() => {
  now = 1000;
  told = [];
  broken = false;
  const fence = {
    async tell(what: Told) {
      if (broken) throw new LodgeError("host.fence_gone", { log: "/log" });
      told.push(what);
    },
    adopt: async () => false,
    close() {},
  };
  holds = new Holds({ fence, log: silentLog, time: () => now });
});

describe("a highly available guest", () => {
  it("begins only where the host has its place for long enough, and is with the fence before", async () => {
    await assert.rejects(holds.admit(web, mark), { code: "guest.not_held" });
    assert.deepEqual(told.at(-1)!.guests, [], "one that was refused is watched no more");
    await holds.kept(now, 6000);
    await holds.admit(web, mark);
    assert.deepEqual(told.at(-1), { until: 7000 - fenceMargin, guests: [{ id: "g1", mark }] });
    now = 7000 - fenceMargin - 100;
    await assert.rejects(holds.admit({ id: "g2", name: "db" }, mark), { code: "guest.not_held" });
  });

  it("does not begin where no fence answers", async () => {
    await holds.kept(now, 6000);
    broken = true;
    await assert.rejects(holds.admit(web, mark), { code: "guest.not_held" });
    broken = false;
    await holds.kept(now, 6000);
    assert.deepEqual(told.at(-1)!.guests, []);
  });

  it("is with the fence by its process once that is known, and no more once it has ended", async () => {
    await holds.kept(now, 6000);
    await holds.admit(web, mark);
    await holds.know(web, mark, { pid: 7, startTime: "99" });
    assert.deepEqual(told.at(-1)!.guests, [{ id: "g1", mark, process: { pid: 7, startTime: "99" } }]);
    await holds.release("g1");
    assert.deepEqual(told.at(-1)!.guests, []);
    const words = told.length;
    await holds.release("g1");
    assert.equal(told.length, words);
  });
});

it("counts from when the beat was sent, however late its answer came", async () => {
  now = 5000;
  await holds.kept(1000, 6000);
  assert.equal(told.at(-1)!.until, 7000 - fenceMargin);
  assert.equal(holds.holds, false);
});

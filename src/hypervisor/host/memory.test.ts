import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parseMeminfo, parsePrivateMemory, privateMemory, readMemory } from "./memory.ts";

describe("the host's memory", () => {
  it("is read in bytes, absent fields as none", () => {
    const text =
      "MemTotal:       24684096 kB\nMemFree:        1 kB\nMemAvailable:   24248452 kB\nSwapTotal:  10 kB\n";
    assert.deepEqual(parseMeminfo(text), {
      total: 24684096 * 1024,
      available: 24248452 * 1024,
      swapTotal: 10240,
      swapFree: 0,
    });
  });

  it("is that of this very host", async () => {
    const { total, available } = await readMemory();
    assert.ok(total > 0 && available > 0 && available <= total);
  });
});

describe("a process's own memory", () => {
  it("is what is anonymous, swapped out or not, and nothing of what it shares", () => {
    const status =
      "VmRSS:\t 900 kB\nRssAnon:\t     100 kB\nRssFile:\t 700 kB\nRssShmem:\t 100 kB\nVmSwap:\t 20 kB\n";
    assert.equal(parsePrivateMemory(status), 120 * 1024);
  });

  it("is found for one that runs, and none for one that does not", async () => {
    assert.ok((await privateMemory(process.pid)) > 1024 * 1024);
    assert.equal(await privateMemory(2 ** 22 + 1), 0);
  });
});

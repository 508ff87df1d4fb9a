import assert from "node:assert/strict";
import { tmpdir } from "node:os";
import { describe, it } from "node:test";
import { LodgeError } from "#contract/errors";
import { ailing, cured, haltingAilments } from "./ailment.ts";
import { diskFault, goOn, stuckIn } from "./disk-fault.ts";
import type { LiveGuest } from "./live.ts";
import type { GuestRecord } from "./record.ts";

/** QEMU's answers, and what it was told. */
function monitorOf(status: string, blocks: readonly object[] = []) {
  const told: string[] = [];
  const execute = (command: string) => {
    told.push(command);
    return Promise.resolve(command === "query-status" ? { status } : blocks);
  };
  return { monitor: { execute } as unknown as LiveGuest["monitor"], told };
}
const block = (status: string | undefined, file: string) => ({
  ...(status === undefined ? {} : { "io-status": status }),
  inserted: { file },
});

describe("a guest that stands still", () => {
  it("for a full disk is told from one whose disk fails, and from one that was paused", async () => {
    const blocks = [
      { device: "cd0" },
      block("ok", "/a"),
      block("failed", "/b"),
      block("nospace", "/c"),
      block(undefined, "/d"),
    ];
    const fault = (status: string, of: readonly object[]) => diskFault(monitorOf(status, of).monitor, "g");
    assert.equal(await fault("paused", blocks), undefined);
    assert.equal(await fault("running", blocks), undefined);
    const full = await fault("io-error", blocks);
    assert.deepEqual([full?.code, full?.params], ["guest.no_space", { guest: "g", path: "/c" }]);
    const failed = await fault("io-error", blocks.slice(0, 3));
    assert.deepEqual([failed?.code, failed?.params], ["guest.disk_failed", { guest: "g", path: "/b" }]);
  });

  it("goes on where there is room, and where its disk may work again", async () => {
    for (const [status, of] of [
      ["paused", []],
      ["io-error", [block("nospace", tmpdir())]],
      ["io-error", [block("failed", "/gone")]],
    ] as const) {
      const { monitor, told } = monitorOf(status, of);
      await goOn({ monitor }, "g");
      assert.equal(told.at(-1), "cont");
    }
  });

  const record = { name: "g", state: "running", stateSince: "then" } as unknown as GuestRecord;
  const why = new LodgeError("guest.no_space", { guest: "g", path: "/c" });
  const stuck = { why };

  it("is paused and says why, once; it is as it was where it was let go on meanwhile", () => {
    const now = stuckIn(stuckIn(record, { stuck }, "now"), { stuck }, "later");
    assert.deepEqual([now.state, now.stateSince, now.stateReason], ["paused", "now", why.message]);
    assert.deepEqual(now.ails, [{ code: why.code, message: why.message, hint: why.hint }]);
    assert.equal(stuckIn(record, { stuck: undefined }, "now"), record);
    assert.equal(stuckIn(record, { stuck: {} }, "now"), record, "why is not known yet");
    const busy = stuckIn({ ...record, state: "stopping" }, { stuck }, "now");
    assert.deepEqual([busy.state, busy.ails?.length], ["stopping", 1]);
  });

  it("is cured of what halted it alone", () => {
    const tpm = new LodgeError("guest.tpm_gone", { guest: "g" });
    const both = ailing(ailing(record, tpm), why);
    assert.deepEqual(
      cured(both, haltingAilments).ails?.map(({ code }) => code),
      ["guest.tpm_gone"],
    );
    assert.ok(!("ails" in cured(both)));
    assert.ok(!("ails" in cured(ailing(record, why), haltingAilments)));
  });
});

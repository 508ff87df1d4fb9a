import assert from "node:assert/strict";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, beforeEach, describe, it } from "node:test";
import { ManualClock } from "#durable/store/manual-clock";
import { MemoryStore } from "#durable/store/memory";
import { guestKey } from "../../guest/record.ts";
import { placeOf } from "#durable/store/partition";
import { beatKey, memberKey, type MemberRecord } from "../../member/record.ts";
import { guestRecord } from "../../../../test/fakes/guest-records.ts";
import { FenceDevices } from "./devices.ts";

const member: MemberRecord = {
  id: "h1",
  name: "one",
  address: "192.0.2.1:8470",
  version: "1",
  wire: 1,
  state: "active",
  joinedAt: 1,
  certificates: [],
};

let folder = "";
let store: MemoryStore;
let devices: FenceDevices;
before(async () => (folder = await mkdtemp(join(tmpdir(), "lodge-device-"))));
after(() => rm(folder, { recursive: true, force: true }));
beforeEach(async () => {
  store = new MemoryStore();
  await store.transact({ put: [{ key: memberKey("h1"), value: member }] });
  devices = new FenceDevices({ store, clock: new ManualClock() });
});

async function script(text: string): Promise<string> {
  const path = join(folder, "device");
  await writeFile(path, `#!/bin/sh\n${text}\n`);
  await chmod(path, 0o755);
  return path;
}

describe("a host's fence device", () => {
  it("says by its success that the host is off, and by its failure why that is not known", async () => {
    const path = await script('[ "$1 $LODGE_HOST" = "10.0.9.1 one" ] && echo is off');
    await devices.create({ host: "one", command: [path, "10.0.9.1"] });
    assert.equal(await devices.switchOff("h1", "one"), undefined);
    assert.deepEqual((await devices.list())[0]!.last, {
      at: new Date(new ManualClock().now()).toISOString(),
      ok: true,
      said: "is off",
    });
    await script("echo the board does not answer >&2; exit 3");
    assert.match((await devices.switchOff("h1", "one"))!, /the board does not answer/);
    assert.equal((await devices.list())[0]!.last!.ok, false);
  });

  it("that hangs has failed once its time is over", async () => {
    await devices.create({ host: "h1", command: [await script("exec sleep 60"), "x"], timeout: 1 });
    assert.match((await devices.switchOff("h1", "one"))!, /1 s/);
  });

  it("is of a host that there is, and a program that is found wherever it is run", async () => {
    await assert.rejects(devices.create({ host: "two", command: ["/bin/true"] }), {
      code: "cluster.host_not_found",
    });
    await assert.rejects(devices.create({ host: "one", command: ["ipmitool"] }), { code: "api.invalid" });
    assert.equal(await devices.switchOff("h1", "one"), "it has no fence device");
  });

  it("stays while guests that run there need it", async () => {
    await devices.create({ host: "one", command: ["/bin/true"] });
    const guest = { ...guestRecord(1), state: "running", ha: { priority: 1 } };
    await store.transact({ put: [{ key: placeOf("h1", guestKey(guest.id)), value: guest }] });
    await assert.rejects(devices.remove("one"), { code: "fence.in_use" });
    await store.transact({ delete: [placeOf("h1", guestKey(guest.id))] });
    await devices.remove("one");
    await assert.rejects(devices.remove("one"), { code: "fence.not_found" });
  });

  it("is stood in for by a person's word, until the host answers again", async () => {
    await devices.confirm("one");
    assert.equal(await devices.switchOff("h1", "one"), undefined);
    await devices.answers("h1");
    assert.equal(await devices.switchOff("h1", "one"), "it has no fence device");
    await store.transact({ put: [{ key: beatKey("h1"), value: {} }] });
    await assert.rejects(devices.confirm("one"), { code: "fence.host_answers" });
  });
});

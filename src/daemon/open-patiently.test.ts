import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { hasCode, LodgeError } from "#contract/errors";
import { silentLog } from "#base/log";
import { createClient } from "#client/client";
import { openPatiently } from "./open-patiently.ts";

let folder: string;
let socket: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "lodge-patient-"));
  socket = join(folder, "lodged.sock");
});
afterEach(() => rm(folder, { recursive: true }));

const noQuorum = new LodgeError("store.unavailable", { path: "etcd", reason: "no quorum" });

test("whoever asks while it waits is told why, and it goes on once the store is there", async () => {
  const told: unknown[] = [];
  const client = createClient({ socketPath: socket });
  const clock = {
    sleep: async () => void told.push(await client.call("hostGet").catch((error: unknown) => error)),
  };
  let tries = 0;
  const open = async () => {
    if (++tries < 3) throw noQuorum;
    return "opened";
  };
  assert.equal(await openPatiently(open, { socket, clock, log: silentLog }), "opened");
  assert.equal(told.length, 2);
  for (const error of told) assert.ok(hasCode(error, "store.unavailable"), String(error));
  await assert.rejects(client.call("hostGet"), (error) => !hasCode(error, "store.unavailable"));
});

test("what waiting does not mend is told at once", async () => {
  const open = () => Promise.reject(new LodgeError("store.fenced"));
  const clock = { sleep: () => Promise.reject(new TypeError("it waits")) };
  await assert.rejects(openPatiently(open, { socket, clock, log: silentLog }), (error) =>
    hasCode(error, "store.fenced"),
  );
});

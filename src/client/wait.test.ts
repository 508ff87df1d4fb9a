import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { LodgeError, hasCode } from "#contract/errors";
import { startFakeDaemon, type FakeDaemon } from "../../test/fakes/fake-daemon.ts";

let daemon: FakeDaemon;
before(async () => {
  daemon = await startFakeDaemon();
});
after(() => daemon.close());

const soon = (act: () => void) => setTimeout(act, 20);

test("each change is told, then the end", async () => {
  const { operations } = daemon.services;
  const operation = operations.begin("guest.create", [], { guest: "g1" });
  const told: string[] = [];
  const waiting = daemon.client.waitFor(operation, {
    onProgress: ({ progress, status }) => {
      told.push(progress.message);
      if (progress.message === "beginning") {
        soon(() => operations.advance(operation.id, { progress: { fraction: 0.5, message: "half" } }));
      } else if (status === "running") soon(() => operations.advance(operation.id, { status: "succeeded" }));
    },
  });
  assert.deepEqual((await waiting).result, { guest: "g1" });
  assert.deepEqual(told, ["beginning", "half", "half"]);
});

test("a failure is thrown as the error it was", async () => {
  const operation = daemon.services.operations.begin("guest.start", []);
  const error = new LodgeError("guest.start_failed", { guest: "db", reason: "no luck" }).toProblem();
  soon(() => daemon.services.operations.advance(operation.id, { status: "failed", error }));
  await assert.rejects(daemon.client.waitFor(operation), (thrown) => {
    assert.ok(hasCode(thrown, "guest.start_failed"));
    assert.equal(thrown.params["reason"], "no luck");
    return true;
  });
});

test("cancelling ends the waiting with operation.cancelled", async () => {
  const operation = daemon.services.operations.begin("guest.start", []);
  soon(() => void daemon.client.call("operationCancel", { params: { operation: operation.id } }));
  await assert.rejects(daemon.client.waitFor(operation), (error) => hasCode(error, "operation.cancelled"));
});

test("who stops waiting leaves the work running", async () => {
  const operation = daemon.services.operations.begin("guest.start", []);
  const stop = new AbortController();
  soon(() => stop.abort(new RangeError("enough")));
  await assert.rejects(daemon.client.waitFor(operation, { signal: stop.signal }), RangeError);
  assert.equal((await daemon.services.operations.get(operation.id)).status, "running");
});

test("waiting goes on over a daemon's restart, and gives up where none comes back", async () => {
  const operation = daemon.services.operations.begin("guest.start", []);
  const waiting = daemon.client.waitFor(operation);
  await daemon.stop();
  const impatient = daemon.client.waitFor(operation, { patience: 300 });
  await assert.rejects(impatient, (error) => hasCode(error, "api.daemon_unreachable"));
  await daemon.start();
  daemon.services.operations.advance(operation.id, { status: "succeeded" });
  assert.equal((await waiting).status, "succeeded");
});

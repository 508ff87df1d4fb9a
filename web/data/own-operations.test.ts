import assert from "node:assert/strict";
import { afterEach, describe, it } from "node:test";
import type { Operation } from "#contract/operation";
import { LodgeError } from "#contract/errors";
import { currentNotices, dismiss } from "../ui/notify.ts";
import { heard, own } from "./own-operations.ts";

let number = 0;
const begun = (): Operation => ({
  id: `o${++number}`,
  kind: "guest.fork",
  targets: [],
  status: "running",
  stepsDone: [],
  stepCount: 1,
  progress: { message: "" },
  cancellable: true,
  sequence: 1,
  startedAt: "2026-01-01T00:00:00Z",
});
const failed = (operation: Operation): Operation => ({
  ...operation,
  status: "failed",
  error: new LodgeError("guest.not_found", { guest: operation.id }).toProblem(),
});
const succeeded = (operation: Operation): Operation => ({ ...operation, status: "succeeded", result: 7 });

describe("operations that were begun here", () => {
  afterEach(() => currentNotices().forEach(({ id }) => dismiss(id)));
  const said = () => currentNotices().map(({ message, failed: bad }) => [message, bad]);

  it("tell what went wrong with them, and others' do not", () => {
    const [mine, other] = [begun(), begun()];
    own(mine);
    heard(mine);
    heard(failed(other));
    assert.deepEqual(said(), []);
    heard(failed(mine));
    assert.deepEqual(said(), [[`There is no guest '${mine.id}'.`, true]]);
  });

  it("tell it as well where the end was heard before the beginning", () => {
    const mine = begun();
    heard(failed(mine));
    own(mine);
    assert.equal(said().length, 1);
  });

  it("call back once they have succeeded, once, and say nothing", () => {
    const [early, late] = [begun(), begun()];
    const results: unknown[] = [];
    const note = ({ result }: Operation) => results.push(result);
    own(late);
    own(late, note);
    heard(succeeded(late));
    heard(succeeded(late));
    heard(succeeded(early));
    own(early, note);
    assert.deepEqual(results, [7, 7]);
    assert.deepEqual(said(), []);
  });
});

import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, it } from "node:test";
import { until } from "../../../test/fakes/fake-daemon.ts";
import { FakeSpice } from "../../../test/fakes/fake-spice.ts";
import { DropError, dropFile, type DropFailure } from "./file-drop.ts";
import { fileResult, messageType } from "./protocol.ts";
import { SpiceAgent } from "./spice-agent.ts";

async function* pieces(...parts: readonly Buffer[]): AsyncGenerator<Buffer> {
  yield* parts;
}

describe("a file that is dropped", () => {
  let guest: FakeSpice;
  let agent: SpiceAgent;
  const over = new AbortController();

  beforeEach(async () => {
    guest = new FakeSpice();
    await guest.start();
    agent = new SpiceAgent(guest.path, 20);
    agent.open();
    await until(() => agent.answers);
  });
  afterEach(async () => {
    agent.close();
    await guest.close();
  });

  const drop = (size: number, content: AsyncIterable<Buffer>, signal = over.signal, name = "a.txt") =>
    dropFile(agent, { name, size }, content, signal);
  const fails = (dropped: Promise<void>, failure: DropFailure, early: boolean) =>
    assert.rejects(
      dropped,
      (error) => error instanceof DropError && error.failure === failure && error.early === early,
    );
  const statuses = () => guest.heard.filter(({ type }) => type === messageType.fileStatus);

  it("arrives whole, with its name", async () => {
    guest.takesFiles();
    const content = Buffer.from(Array.from({ length: 300_000 }, (_, index) => index % 251));
    await drop(content.length, pieces(content.subarray(0, 7), content.subarray(7)), over.signal, "a\\b.txt");
    const [file] = guest.files;
    assert.equal(file?.name, "a\\\\b.txt");
    assert.ok(Buffer.concat(file.pieces).equals(content));
    await drop(0, pieces());
    assert.equal(guest.files.length, 2);
    assert.deepEqual(statuses(), []);
  });

  it("is refused before anything of it was sent, or while it is", async () => {
    guest.refusesFiles(fileResult.noSession);
    await fails(drop(1, pieces(Buffer.of(1))), "noSession", true);
    guest.takesFiles(fileResult.noSpace);
    await fails(drop(1, pieces(Buffer.of(1))), "noSpace", false);
  });

  it("is given up with whoever sends it, which the agent is told", async () => {
    guest.takesFiles();
    const gone = new AbortController();
    const never = (async function* () {
      yield Buffer.of(1);
      gone.abort(new RangeError("gone"));
      yield Buffer.of(2);
    })();
    await assert.rejects(drop(9, never, gone.signal), RangeError);
    await until(() => statuses().length === 1);
    assert.equal(statuses()[0]!.data.readUInt32LE(4), fileResult.cancelled);
  });

  it("that is shorter or longer than it was said to be is given up", async () => {
    guest.takesFiles();
    await fails(drop(3, pieces(Buffer.of(1))), "cut", false);
    await fails(drop(1, pieces(Buffer.of(1, 2))), "cut", false);
    await until(() => statuses().length === 2);
  });

  it("is lost with the agent", async () => {
    guest.onMessage = () => guest.hangUp();
    await fails(drop(1, pieces(Buffer.of(1))), "gone", true);
  });
});

/** Archives through a file of the guest's: it is there only for the time. */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { describe, it, type TestContext } from "node:test";
import { hasCode } from "#contract/errors";
import { FakeQga, type QgaCall } from "../../../test/fakes/fake-qga.ts";
import { packThroughFile, unpackThroughFile } from "./qga-archive.ts";

/** A folder with a file, and an agent that tells when the archive's file was removed. */
async function guest(t: TestContext) {
  const fake = await FakeQga.start(t);
  const folder = await mkdtemp(join(tmpdir(), "lodge-guest-"));
  t.after(() => rm(folder, { recursive: true }));
  await mkdir(join(folder, "from"));
  await writeFile(join(folder, "from/file"), Buffer.alloc(1_000_000, "f"));
  const removal = Promise.withResolvers<string>();
  const watch = ({ execute, arguments: given }: QgaCall) => {
    if (execute === "guest-exec" && given["path"] === "rm") removal.resolve(given["arg"].at(-1));
    return undefined;
  };
  fake.script = watch;
  const client = fake.client();
  /** The archive's file is gone, and its removal was asked for once. */
  const removed = async () => {
    const path = await removal.promise;
    assert.match(path, /^\/(var\/)?tmp\/lodge-\w{10}$/);
    do await client.answer();
    while (fake.remembered.length > 0);
    assert.equal(existsSync(path), false);
    assert.equal(fake.calls.filter(({ arguments: { path: program } }) => program === "rm").length, 1);
  };
  return { fake, client, folder, watch, removed };
}

const cut = () => Readable.from([Buffer.alloc(512)], { objectMode: false });

describe("an archive through a guest's file", () => {
  it("leaves no file when it was read, read in part, or never", async (t) => {
    for (const read of [
      (archive: Readable) => buffer(archive),
      async (archive: Readable) => {
        for await (const part of archive) return void part;
      },
      async (archive: Readable) => void archive.destroy(),
    ]) {
      const { client, folder, removed } = await guest(t);
      await read(await packThroughFile(client, join(folder, "from")));
      await removed();
    }
  });

  it("leaves no file where tar fails, whose words are the reason", async (t) => {
    const { fake, client, folder, watch, removed } = await guest(t);
    fake.script = (call) => {
      if (call.execute === "guest-exec" && call.arguments["path"] === "tar")
        call.arguments["arg"] = ["--no-such-option"];
      return watch(call);
    };
    const refused = (error: unknown) =>
      hasCode(error, "agent.file") && /tar/.test(String(error.params["reason"]));
    await assert.rejects(packThroughFile(client, join(folder, "from")), refused);
    await removed();
  });

  it("leaves no file where the content is no archive", async (t) => {
    const { client, folder, removed } = await guest(t);
    const refused = (error: unknown) => hasCode(error, "agent.file") && error.params["path"] === folder;
    const content = Readable.from([Buffer.alloc(5000, "no archive")], { objectMode: false });
    await assert.rejects(unpackThroughFile(client, folder, content), refused);
    await removed();
  });

  it("leaves no file where it was given up", async (t) => {
    const { fake, client, folder, watch, removed } = await guest(t);
    const giveUp = new AbortController();
    fake.script = (call) => {
      if (call.execute === "guest-file-write") giveUp.abort(new TypeError("given up"));
      return watch(call);
    };
    await assert.rejects(unpackThroughFile(client, folder, cut(), giveUp.signal), TypeError);
    await removed();
  });

  it("takes nothing from its source where the folder is not there", async (t) => {
    const { fake, client, folder } = await guest(t);
    const attempt = unpackThroughFile(client, join(folder, "none"), cut());
    await assert.rejects(attempt, (error) => hasCode(error, "agent.file"));
    assert.equal(
      fake.calls.some(({ execute }) => execute === "guest-file-open"),
      false,
    );
  });
});

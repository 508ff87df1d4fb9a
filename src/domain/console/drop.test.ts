import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { text } from "node:stream/consumers";
import { Readable } from "node:stream";
import fc from "fast-check";
import { list, type ReadEntry } from "tar";
import { hasCode } from "#contract/errors";
import { MemoryStore } from "#durable/store/memory";
import type { GuestAgent } from "#hypervisor/agent/guest-agent";
import { SpiceAgent } from "#hypervisor/spice/spice-agent";
import { fileResult } from "#hypervisor/spice/protocol";
import { until } from "../../../test/fakes/fake-daemon.ts";
import { FakeSpice } from "../../../test/fakes/fake-spice.ts";
import { guestRecord } from "../../../test/fakes/guest-records.ts";
import type { Fleet } from "../guest/fleet.ts";
import { guestKey, type GuestRecord } from "../guest/record.ts";
import { dropInside, plainName } from "./drop.ts";

/** Files that came into a folder by the guest's agent. */
interface Unpacked {
  readonly folder: string;
  readonly name: string;
  readonly content: string;
}

async function world(more: Partial<GuestRecord> = {}, spice?: SpiceAgent) {
  const record: GuestRecord = { ...guestRecord(1), state: "running", ...more };
  const store = new MemoryStore();
  await store.transact({ put: [{ key: guestKey(record.id), value: record }] });
  const unpacked: Unpacked[] = [];
  const unpack: GuestAgent["unpack"] = async (folder, archive) => {
    const entries: Promise<void>[] = [];
    const read = async (entry: ReadEntry) => {
      const content = await text(entry as unknown as AsyncIterable<Buffer>);
      unpacked.push({ folder, name: entry.path, content });
    };
    const parser = list({ onReadEntry: (entry: ReadEntry) => void entries.push(read(entry)) });
    for await (const bytes of archive as AsyncIterable<Buffer>) parser.write(bytes);
    parser.end();
    await Promise.all(entries);
  };
  const live = { spice, inside: { unpack } };
  const fleet = { parts: { store }, require: () => live } as unknown as Fleet;
  const drop = (name: string, content: string, size = Buffer.byteLength(content)) => {
    const bytes = Readable.from([Buffer.from(content)]);
    return dropInside(fleet, record.id, { type: "drop", name, size }, bytes, new AbortController().signal);
  };
  return { drop, unpacked };
}

describe("a file that is dropped onto a display", () => {
  it("goes into root's home by the guest's agent, where no desktop takes it", async () => {
    const { drop, unpacked } = await world();
    assert.equal(await drop("../ä.txt", "hello"), "/root");
    await drop(`${"long".repeat(45)}.txt`, "x");
    assert.deepEqual(unpacked, [
      { folder: "/root", name: "__ä.txt", content: "hello" },
      { folder: "/root", name: `${"long".repeat(45)}.txt`, content: "x" },
    ]);
  });

  it("goes to the desktop where one takes it, and by the agent where that refuses at once", async () => {
    const guest = new FakeSpice();
    await guest.start();
    const spice = new SpiceAgent(guest.path, 20);
    spice.open();
    await until(() => spice.answers);
    try {
      const { drop, unpacked } = await world({}, spice);
      guest.takesFiles();
      assert.equal(await drop("a.txt", "hello"), undefined);
      assert.deepEqual([guest.files[0]?.name, unpacked.length], ["a.txt", 0]);
      guest.takesFiles(fileResult.noSpace);
      await assert.rejects(drop("a.txt", "hello"), (error) => hasCode(error, "console.drop_failed"));
      guest.refusesFiles(fileResult.noSession);
      assert.equal(await drop("a.txt", "hello"), "/root");
      const mute = await world({ agent: "none" }, spice);
      await assert.rejects(mute.drop("a.txt", "hello"), /nobody is signed in/);
    } finally {
      spice.close();
      await guest.close();
    }
  });

  it("goes nowhere where it is forbidden, nobody can take it, or it is not as long as was said", async () => {
    const forbidden = await world({ fileDrop: false });
    await assert.rejects(forbidden.drop("a", "x"), (error) => hasCode(error, "console.drop_forbidden"));
    const mute = await world({ agent: "none" });
    await assert.rejects(mute.drop("a", "x"), (error) => hasCode(error, "console.drop_failed"));
    const short = await world();
    await assert.rejects(short.drop("a", "x", 2), (error) => hasCode(error, "console.drop_failed"));
    const stopped = await world({ state: "stopped" });
    await assert.rejects(stopped.drop("a", "x"), (error) => hasCode(error, "guest.wrong_state"));
  });

  it("has a name that leads nowhere else, whatever it was called", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", minLength: 1 }), (name) => {
        const plain = plainName(name);
        assert.match(plain, /^[^/\\.\n\0][^/\\\n\0]*$/);
        assert.ok(Buffer.byteLength(plain) <= 200 && plain.isWellFormed());
      }),
    );
    assert.deepEqual(["a b.txt", "..", "a/b", ".profile", "x\ny"].map(plainName), [
      "a b.txt",
      "_",
      "a_b",
      "_profile",
      "x_y",
    ]);
  });
});

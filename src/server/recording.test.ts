import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, describe, it } from "node:test";
import { hasCode } from "#contract/errors";
import { fakeToken, startFakeDaemon, type FakeDaemon } from "../../test/fakes/fake-daemon.ts";
import { partOf } from "./file-answer.ts";

describe("a recording's file", () => {
  let daemon: FakeDaemon;
  let url: string;
  let content: Buffer;
  before(async () => {
    daemon = await startFakeDaemon();
    await daemon.listenTcp();
    const { id } = await daemon.client.call("recordingStart", { params: { guest: "db" }, body: {} });
    await daemon.client.call("recordingStop", { params: { recording: id } });
    url = `http://${daemon.tcp}/v1/recordings/${id}/content`;
    content = await readFile((await daemon.services.recordings.sample()).path);
  });
  after(() => daemon.close());

  const get = (range?: string, token = fakeToken) =>
    fetch(url, { headers: { authorization: `Bearer ${token}`, ...(range ? { range } : {}) } });

  it("comes whole, under a name, as what nobody takes for a page", async () => {
    const answer = await get();
    assert.equal(answer.status, 200);
    assert.equal(answer.headers.get("content-type"), "application/vnd.lodge.recording");
    assert.equal(answer.headers.get("content-disposition"), 'attachment; filename="db.lodgerec"');
    assert.equal(answer.headers.get("accept-ranges"), "bytes");
    assert.equal(answer.headers.get("x-content-type-options"), "nosniff");
    assert.ok(Buffer.from(await answer.arrayBuffer()).equals(content));
  });

  it("comes in the parts that are asked for, and no others", async () => {
    const { length } = content;
    for (const [range, from, to] of [
      ["bytes=0-15", 0, 16],
      ["bytes=16-", 16, length],
      ["bytes=-16", length - 16, length],
      [`bytes=100-${length + 999}`, 100, length],
    ] as const) {
      const answer = await get(range);
      assert.equal(answer.status, 206);
      assert.equal(answer.headers.get("content-range"), `bytes ${from}-${to - 1}/${length}`);
      assert.ok(Buffer.from(await answer.arrayBuffer()).equals(content.subarray(from, to)), range);
    }
    const beyond = await get(`bytes=${length}-`);
    assert.equal(beyond.status, 416);
    assert.equal(beyond.headers.get("content-range"), `bytes */${length}`);
    assert.equal(((await beyond.json()) as { code: string }).code, "api.range");
    assert.equal((await get(undefined, "wrong")).status, 401);
  });

  it("is asked for in parts by the client too", async () => {
    const [{ id } = { id: "" }] = await daemon.client.call("recordingList", { query: { guest: "db" } });
    const input = { params: { recording: id } };
    const part = await daemon.client.call("recordingContent", input, { range: [8, 16] });
    assert.ok(Buffer.from(part).equals(content.subarray(8, 16)));
    await assert.rejects(daemon.client.call("recordingContent", input, { range: [1e9, 1e9 + 1] }), (error) =>
      hasCode(error, "api.range"),
    );
  });

  it("comes whole where what is asked for is not understood", () => {
    for (const header of [
      undefined,
      "",
      "bytes=",
      "bytes=-",
      "bytes=5-4",
      "bytes=0-1,4-5",
      "lines=0-1",
      "bytes=a-b",
    ])
      assert.equal(partOf(header, 10), undefined);
    assert.deepEqual(partOf("bytes=-99", 10), { from: 0, to: 9 });
    assert.throws(
      () => partOf("bytes=-0", 10),
      (error) => hasCode(error, "api.range"),
    );
    assert.throws(
      () => partOf("bytes=0-", 0),
      (error) => hasCode(error, "api.range"),
    );
  });
});

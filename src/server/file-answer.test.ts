import assert from "node:assert/strict";
import { test } from "node:test";
import { fakeToken, startFakeDaemon } from "../../test/fakes/fake-daemon.ts";

test("a file that is made for an answer comes whole, under a name, also to who asks for a part of it", async () => {
  const daemon = await startFakeDaemon();
  try {
    const url = `http://${await daemon.listenTcp()}/v1/cluster/backup/content`;
    for (const range of [{}, { range: "bytes=2-3" }] as const) {
      const headers = { authorization: `Bearer ${fakeToken}`, ...range };
      const answer = await fetch(url, { method: "POST", headers });
      assert.equal(answer.status, 200);
      assert.equal(answer.headers.get("content-type"), "application/octet-stream");
      assert.equal(answer.headers.get("content-length"), "9");
      assert.match(answer.headers.get("content-disposition") ?? "", /^attachment; filename=".+"$/);
      assert.equal(await answer.text(), "all of it");
    }
    assert.equal(Buffer.from(await daemon.client.call("clusterBackupContent")).toString(), "all of it");
  } finally {
    await daemon.close();
  }
});

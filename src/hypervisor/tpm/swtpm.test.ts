import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { swtpmArgs } from "./swtpm.ts";

describe("swtpm's arguments", () => {
  it("are the same whatever the home is called, since swtpm reads commas and knows no quotes", () => {
    for (const home of ["/var/lib/lodge", "/srv/a,mode=0777 b"]) {
      const args = swtpmArgs({ guests: `${home}/guests`, folder: `${home}/guests/g0123456789/tpm` });
      assert.deepEqual(args, [
        "socket",
        "--tpm2",
        "--tpmstate",
        "dir=g0123456789/tpm,mode=0600",
        "--ctrl",
        "type=unixio,clientfd=3",
        "--terminate",
      ]);
    }
  });
});

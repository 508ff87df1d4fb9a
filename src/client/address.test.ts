import assert from "node:assert/strict";
import { mkdtempSync, mkdirSync, chmodSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { hasCode } from "#contract/errors";
import { findAddress, nameOf } from "./address.ts";

const scratch = mkdtempSync(join(tmpdir(), "lodge-address-"));
after(() => rmSync(scratch, { recursive: true }));

test("LODGE_URL and its token go before any home", () => {
  const env = { LODGE_URL: "http://127.0.0.1:7070", LODGE_TOKEN: "t", LODGE_HOME: scratch };
  assert.deepEqual(findAddress(env), { url: "http://127.0.0.1:7070", token: "t" });
  assert.equal(nameOf(findAddress(env)), "http://127.0.0.1:7070");
});

test("else it is the socket below the home", () => {
  const socketPath = join(scratch, "run", "lodged.sock");
  assert.deepEqual(findAddress({ LODGE_HOME: scratch }), { socketPath });
});

test("a folder for sockets that anyone could listen in is not used", () => {
  mkdirSync(join(scratch, "run"));
  chmodSync(join(scratch, "run"), 0o777);
  assert.throws(
    () => findAddress({ LODGE_HOME: scratch }),
    (error) => hasCode(error, "api.folder_unsafe"),
  );
});

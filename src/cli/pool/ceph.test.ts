import assert from "node:assert/strict";
import { test } from "node:test";
import { keyIn } from "./ceph.ts";

const keyring = `[client.admin]
\tkey = QWRtaW4=
\tcaps mon = "allow *"
[client.lodge]
\tkey = TG9kZ2U=
`;

test("a keyring of Ceph's has a key for each user", () => {
  assert.equal(keyIn(keyring, "lodge"), "TG9kZ2U=");
  assert.equal(keyIn(keyring, "admin"), "QWRtaW4=");
  assert.equal(keyIn(keyring, "other"), undefined);
  assert.equal(keyIn("", "lodge"), undefined);
});

test("a file may have nothing but the key", () => {
  assert.equal(keyIn("TG9kZ2U=\n", "lodge"), "TG9kZ2U=");
});

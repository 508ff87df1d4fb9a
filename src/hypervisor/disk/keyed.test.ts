import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { keyedName, keysOf, type KeyedFile } from "./keyed.ts";

const key = (id: string) => ({ id, data: `secret of ${id}` });
const chain: readonly KeyedFile[] = [
  { path: "/l/top.qcow2", format: "qcow2", key: key("k1") },
  { path: "/l/a,b.qcow2", format: "qcow2", key: key("k2") },
  { path: "/dev/vg/base", format: "raw", device: true },
];

describe("an encrypted chain, as qemu-img is told of it", () => {
  it("has each file with the name of its key, and no key", () => {
    const name = keyedName(chain);
    assert.ok(name.startsWith("json:") && !name.includes("secret of"));
    assert.deepEqual(JSON.parse(name.slice(5)), {
      driver: "qcow2",
      encrypt: { format: "luks", "key-secret": "k1" },
      file: { driver: "file", filename: "/l/top.qcow2" },
      backing: {
        driver: "qcow2",
        encrypt: { format: "luks", "key-secret": "k2" },
        file: { driver: "file", filename: "/l/a,b.qcow2" },
        backing: { driver: "raw", file: { driver: "host_device", filename: "/dev/vg/base" } },
      },
    });
    assert.deepEqual(
      keysOf(chain).map(({ id }) => id),
      ["k1", "k2"],
    );
  });

  it("stands alone where what is below is not to be opened", () => {
    const name = keyedName(chain.slice(0, 1), { alone: true });
    assert.equal((JSON.parse(name.slice(5)) as { backing?: unknown }).backing, null);
  });
});

import assert from "node:assert/strict";
import { tmpdir } from "node:os";
import { it } from "node:test";
import { freeSpace, roomIn } from "#hypervisor/disk/space";
import { inWords, noSpace } from "./room.ts";

it("sizes in words are never less than they are", () => {
  const words = [1, 1023, 1024, 1025, 2 ** 20, 62.01 * 2 ** 20, 3 * 2 ** 40, 5000 * 2 ** 40].map(inWords);
  assert.deepEqual(words, [
    "1 bytes",
    "1023 bytes",
    "1 KiB",
    "1.1 KiB",
    "1 MiB",
    "62.1 MiB",
    "3 TiB",
    "5000 TiB",
  ]);
});

it("what is missing is what is wanted beyond the room, and the room leaves some of the disk free", async () => {
  const { params } = noSpace(100 * 2 ** 20, 150 * 2 ** 20, 40 * 2 ** 20);
  assert.deepEqual([params["missing"], params["size"]], ["110 MiB", "100 MiB"]);
  assert.ok((await roomIn(tmpdir())) < (await freeSpace(tmpdir())));
});

import assert from "node:assert/strict";
import { it } from "node:test";
import { kernelFiles, type GroupFiles } from "./group-files.ts";
import { memoryNames, memoryRoom } from "./memory-room.ts";

const MiB = 2 ** 20;

/** Files as the kernel shows them. */
function tree(files: Readonly<Record<string, string>>): GroupFiles {
  const read = (path: string) => {
    const text = files[path];
    if (text === undefined) throw Object.assign(new Error(path), { code: "ENOENT" });
    return text;
  };
  return { ...kernelFiles, read };
}

it("is the tightest limit of all groups above, with what can be given up of files", () => {
  const files = tree({
    "/cg/cgroup.procs": "",
    "/cg/box/cgroup.procs": "",
    "/cg/box/memory.max": `${1024 * MiB}\n`,
    "/cg/box/memory.current": `${900 * MiB}\n`,
    "/cg/box/memory.stat": `anon ${500 * MiB}\ninactive_file ${300 * MiB}\n`,
    "/cg/box/unit/cgroup.procs": "",
    "/cg/box/unit/memory.max": `${2048 * MiB}\n`,
    "/cg/box/unit/memory.current": `${100 * MiB}\n`,
    "/cg/box/unit/memory.stat": "",
  });
  const room = memoryRoom(files, "/cg/box/unit", memoryNames[2]);
  assert.deepEqual(room, { limit: 1024 * MiB, available: 424 * MiB });
});

it("is nothing where nobody set a limit, in either version", () => {
  const second = { "/cg/cgroup.procs": "", "/cg/memory.max": "max\n", "/cg/memory.current": "5\n" };
  assert.equal(memoryRoom(tree(second), "/cg", memoryNames[2]), undefined);
  const first = {
    "/cg/cgroup.procs": "",
    "/cg/memory.limit_in_bytes": "9223372036854771712\n",
    "/cg/memory.usage_in_bytes": "5\n",
  };
  assert.equal(memoryRoom(tree(first), "/cg", memoryNames[1]), undefined);
  assert.equal(memoryRoom(tree({}), "/none", memoryNames[1]), undefined);
});

it("is never less than nothing", () => {
  const files = tree({
    "/cg/cgroup.procs": "",
    "/cg/memory.limit_in_bytes": "100\n",
    "/cg/memory.usage_in_bytes": "120\n",
  });
  assert.deepEqual(memoryRoom(files, "/cg", memoryNames[1]), { limit: 100, available: 0 });
});

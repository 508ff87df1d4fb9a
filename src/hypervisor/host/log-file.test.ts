import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { appendFileSync, closeSync, ftruncateSync, openSync, statSync, writeSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { cutLog, lastLines, LogReader } from "./log-file.ts";

const MiB = 1_048_576;
const limits = { kept: MiB, most: 2 * MiB, longest: 64 * MiB };
/** 16 bytes each, so that it shows what is missing, and where. */
const line = (number: number) => `line ${String(number).padStart(10, "0")}\n`;
const lines = (from: number, count: number) =>
  Array.from({ length: count }, (_, i) => line(from + i)).join("");
const linesInMiB = MiB / 16;

/** What lies in a log after its hole, if it has one. */
const content = async (path: string) => (await readFile(path, "latin1")).replace(/^\0+/, "");

for (const [kind, parent] of [
  ["the temporary folder's file system", tmpdir()],
  ["a file system in memory", "/dev/shm"],
] as const) {
  describe(`a log on ${kind}`, () => {
    let folder: string;
    before(async () => {
      folder = await mkdtemp(join(parent, "lodge-log-file-"));
    });
    after(() => rm(folder, { recursive: true, force: true }));

    const taken = (path: string) => statSync(path).blocks * 512;
    const write = (name: string, text: string) => {
      const path = join(folder, name);
      appendFileSync(path, text);
      return path;
    };

    it("that is not too large is left as it is, and so is one that is not there", async () => {
      const path = write("small", lines(0, 2 * linesInMiB));
      assert.equal(await cutLog(path, limits), undefined);
      assert.equal(statSync(path).size, 2 * MiB);
      assert.equal(await cutLog(join(folder, "none"), limits), undefined);
    });

    it("loses its beginning alone, below the hands of who appends to it", async () => {
      const all = lines(0, 5 * linesInMiB);
      const path = write("large", all);
      const writer = openSync(path, "a");
      assert.match(String(await cutLog(path, limits)), /^(collapse|punch)$/);
      assert.ok(taken(path) <= limits.most, `it takes ${taken(path)} bytes`);
      writeSync(writer, "and more\n");
      closeSync(writer);
      assert.equal(await content(path), `${all.slice(-MiB)}and more\n`);
      assert.equal(await lastLines(path, 2), `${line(5 * linesInMiB - 1)}and more\n`);
    });

    it("that is longer than it may be is emptied, and what comes then begins it", async () => {
      const path = write("long", "");
      const writer = openSync(path, "a");
      ftruncateSync(writer, limits.longest + 1);
      assert.equal(await cutLog(path, limits), "empty");
      writeSync(writer, "the first\n");
      closeSync(writer);
      assert.equal(await content(path), "the first\n");
      assert.equal(statSync(path).size, 10);
    });

    it("loses nothing of what another process appends meanwhile", async () => {
      const path = write("busy", "");
      const count = 12 * linesInMiB;
      const program = `const { openSync, writeSync } = require("node:fs");
        const log = openSync(process.argv[1], "a");
        for (let i = 0; i < ${count}; i++) writeSync(log, "line " + String(i).padStart(10, "0") + "\\n");`;
      const writer = spawn(process.execPath, ["-e", program, path], { stdio: "inherit" });
      let writing = true;
      const ended = once(writer, "exit").finally(() => (writing = false));
      let cuts = 0;
      while (writing) {
        if ((await cutLog(path, limits)) !== undefined) cuts++;
        await new Promise((resolve) => setImmediate(resolve));
      }
      assert.deepEqual(await ended, [0, null]);
      assert.ok(cuts > 0);
      const left = (await content(path)).split("\n").slice(0, -1);
      const first = Number(left[0]!.slice(5));
      assert.equal(left.join("\n"), lines(first, count - first).trimEnd());
      assert.ok(left.length >= linesInMiB);
    });

    it("is read on past its cuts, without a gap and nothing twice", async () => {
      const path = write("read", lines(0, 100));
      const reader = await LogReader.open(path, 16 * 10);
      const seen: Uint8Array[] = [await reader.read()];
      let written = 100;
      let cuts = 0;
      for (let round = 0; round < 8; round++) {
        write("read", lines(written, linesInMiB / 2));
        written += linesInMiB / 2;
        // One read under way at the cut, whichever of them comes first.
        const [early, cut, late] = await Promise.all([reader.read(), cutLog(path, limits), reader.read()]);
        if (cut !== undefined) cuts++;
        seen.push(early, late);
        while (!(await reader.isAtEnd())) seen.push(await reader.read());
      }
      await reader.close();
      assert.ok(cuts > 0);
      assert.equal(Buffer.concat(seen).toString(), lines(90, written - 90));
    });

    it("goes on for a reader who was too slow with the oldest of what there is", async () => {
      const path = write("slow", lines(0, 10));
      const reader = await LogReader.open(path, 0);
      write("slow", lines(10, 5 * linesInMiB));
      await cutLog(path, limits);
      const bytes = (await reader.read()).toString();
      await reader.close();
      assert.ok((await content(path)).startsWith(bytes));
    });

    it("with a hole is followed from no further back than what there is", async () => {
      const path = write("back", lines(0, 5 * linesInMiB));
      await cutLog(path, limits);
      const reader = await LogReader.open(path, 16 * MiB);
      const bytes = (await reader.read()).toString();
      await reader.close();
      assert.match(bytes, /^line \d{10}\n/);
    });
  });
}

import assert from "node:assert/strict";
import { mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { silentLog } from "#base/log";
import { logLimits } from "#hypervisor/host/log-file";
import { cutLogs, watchLogs } from "./keep-logs.ts";

describe("logs that guests fill", () => {
  let folder: string;
  before(async () => void (folder = await mkdtemp(join(tmpdir(), "lodge-logs-"))));
  after(() => rm(folder, { recursive: true, force: true }));

  const large = async (name: string) => {
    const path = join(folder, name);
    await writeFile(path, Buffer.alloc(logLimits.most + 1, "x"));
    return path;
  };
  const isShort = async (path: string) => (await stat(path)).blocks * 512 < logLimits.most;

  it("are cut, whatever becomes of the others", async () => {
    const logs = [join(folder, "none"), "/dev/null/nowhere", await large("a"), await large("b")];
    await cutLogs({ logs: () => logs, log: silentLog });
    assert.ok(await isShort(logs[2]!));
    assert.ok(await isShort(logs[3]!));
  });

  it("are looked at again and again, and no more once that was stopped", async () => {
    const paths = [await large("c")];
    let looks = 0;
    const third = Promise.withResolvers<void>();
    const sleep = (_: number, signal?: AbortSignal) =>
      new Promise<void>((resolve, reject) => {
        if (++looks === 3)
          return third.resolve(signal?.addEventListener("abort", () => reject(signal.reason)));
        setImmediate(resolve);
      });
    const watching = watchLogs({ logs: () => paths, clock: { sleep }, log: silentLog });
    await third.promise;
    assert.ok(await isShort(paths[0]!));
    watching.abort();
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(looks, 3);
  });
});

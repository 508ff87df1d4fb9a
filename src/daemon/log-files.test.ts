import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { it } from "node:test";
import { homePaths } from "#base/home";
import { logFiles } from "./log-files.ts";

it("a home's logs are those of its guests, its networks, its daemon, its fence and its etcd", async () => {
  const home = await mkdtemp(join(tmpdir(), "lodge-"));
  try {
    const paths = homePaths(home);
    assert.deepEqual(logFiles(paths), [
      join(paths.logs, "lodged.log"),
      join(paths.logs, "fence.log"),
      join(paths.logs, "etcd.log"),
    ]);
    await mkdir(join(paths.guests, "g0"), { recursive: true });
    await mkdir(join(paths.run, "net/default"), { recursive: true });
    assert.deepEqual(
      logFiles(paths).map((path) => path.slice(paths.home.length + 1)),
      [
        ...["guests/g0/serial.log", "guests/g0/qemu.log", "run/net/default/dnsmasq.log"],
        ...["logs/lodged.log", "logs/fence.log", "logs/etcd.log"],
      ],
    );
  } finally {
    await rm(home, { recursive: true, force: true });
  }
});

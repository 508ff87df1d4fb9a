import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { isAlive, processRef } from "#base/process";
import { endImages } from "./ceph-images.ts";

const home = mkdtempSync(join(tmpdir(), "lodge-images-"));
after(() => rmSync(home, { recursive: true, force: true }));

test("ends what serves images of a home, and nobody who has its number by now", async () => {
  const states = join(home, "rbd", "ceph", ".exports");
  mkdirSync(states, { recursive: true });
  const children = [0, 1].map(() => spawn("sleep", ["60"]));
  await Promise.all(children.map((child) => once(child, "spawn")));
  const [server, other] = children.map(({ pid }) => processRef(pid!)!);
  const write = (name: string, value: object) =>
    writeFileSync(join(states, `${name}.raw.json`), JSON.stringify(value));
  write("lone", server!);
  write("ltwo", { ...other!, startTime: "1" });
  // One that was killed before it had told its process.
  write("lthree", {});
  try {
    await endImages(home);
    assert.ok(!isAlive(server!));
    assert.ok(isAlive(other!));
  } finally {
    for (const child of children) child.kill("SIGKILL");
  }
});

test("has nothing to do where there was no pool of Ceph's", () => endImages(join(home, "none")));

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { leadsSession, setPrecedence } from "./precedence.ts";

const groups = existsSync("/proc/self/autogroup") && process.getuid?.() === 0;
const niceOf = (pid: number) =>
  Number(/nice (-?\d+)/.exec(readFileSync(`/proc/${pid}/autogroup`, "utf8"))?.[1]);

async function sleeper(detached: boolean) {
  const child = spawn("sleep", ["60"], { detached, stdio: "ignore" });
  await once(child, "spawn");
  const end = async () => {
    child.kill();
    await once(child, "exit");
  };
  return { pid: child.pid!, [Symbol.asyncDispose]: end };
}

describe("precedence", () => {
  it("is a session leader's", async () => {
    await using own = await sleeper(true);
    await using ours = await sleeper(false);
    assert.equal(leadsSession(own.pid), true);
    assert.equal(leadsSession(ours.pid), false);
  });

  it("is given and taken back", { skip: !groups && "needs root and autogroups" }, async () => {
    await using own = await sleeper(true);
    setPrecedence(own.pid, "awaited");
    assert.equal(niceOf(own.pid), -15);
    setPrecedence(own.pid, "ordinary");
    assert.equal(niceOf(own.pid), 0);
  });

  it(
    "leaves a session that is somebody else's alone",
    { skip: !groups && "needs root and autogroups" },
    async () => {
      await using ours = await sleeper(false);
      const before = niceOf(ours.pid);
      setPrecedence(ours.pid, "awaited");
      assert.equal(niceOf(ours.pid), before);
    },
  );

  it("is no error for a process that is gone", () => {
    setPrecedence(2 ** 22 - 1, "awaited");
  });
});

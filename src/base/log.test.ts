import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync } from "node:fs";
import { it } from "node:test";

it("a log on a full disk does not end the daemon", async () => {
  const full = openSync("/dev/full", "w");
  const log = new URL("./log.ts", import.meta.url).href;
  const program = `const { createLog } = await import(${JSON.stringify(log)});
    for (let i = 0; i < 3; i++) createLog().info("words");
    const log = createLog();
    log.info("words");
    log.warn("more");
    await new Promise((resolve) => setTimeout(resolve, 1));
    log.info("and more");
    process.exit(7);`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", program], {
    stdio: ["ignore", "ignore", full],
  });
  closeSync(full);
  assert.deepEqual(await once(child, "exit"), [7, null]);
});

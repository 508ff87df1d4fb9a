import assert from "node:assert/strict";
import { once } from "node:events";
import { appendFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { openSerial } from "./serial-console.ts";

describe("a serial console", () => {
  let folder: string;
  let server: Server;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "lodge-serial-"));
    await writeFile(join(folder, "log"), "said before\n");
    server = createServer((socket) => void socket.resume().on("error", () => undefined));
    await new Promise<void>((resolve) => server.listen(join(folder, "socket"), resolve));
  });
  after(async () => {
    server.close();
    await rm(folder, { recursive: true, force: true });
  });

  const open = (signal = new AbortController().signal) =>
    openSerial({ log: join(folder, "log"), socket: join(folder, "socket") }, 1000, signal);

  it("tells what was said before, and what is said then", async () => {
    const console = await open();
    const seen: string[] = [];
    for await (const bytes of console) {
      seen.push(String(bytes));
      if (seen.length === 1) appendFileSync(join(folder, "log"), "said now\n");
      if (seen.join("").endsWith("said now\n")) break;
    }
    assert.match(seen.join(""), /^said before\n[^]*said now\n$/);
  });

  it("may be closed at any moment, while the guest speaks", async () => {
    // A rejection that nobody handles fails this test, as it would end the daemon.
    for (let moment = 0; moment < 200; moment++) {
      const leaving = new AbortController();
      const console = await open(leaving.signal);
      console.resume();
      appendFileSync(join(folder, "log"), "x\n");
      for (let i = 0; i < moment % 20; i++) await turn();
      const closed = once(console, "close");
      if (moment % 2 === 0) leaving.abort();
      else console.destroy();
      appendFileSync(join(folder, "log"), "y\n");
      await closed;
      await turn();
    }
  });
});

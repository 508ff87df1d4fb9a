import assert from "node:assert/strict";
import { once } from "node:events";
import { appendFileSync, statSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { duplexPair, type Duplex } from "node:stream";
import { after, before, beforeEach, describe, it } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { cutLog } from "#hypervisor/host/log-file";
import { openSerial } from "./serial-console.ts";

const MiB = 1_048_576;

describe("a serial console", () => {
  let folder: string;
  let guest: Server;
  /** What was typed over each connection that has ended. */
  let typed: string[];
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "lodge-serial-"));
    await writeFile(join(folder, "log"), "said before\n");
    guest = createServer((socket) => {
      let text = "";
      socket.on("data", (bytes) => (text += String(bytes)));
      socket.on("end", () => void typed.push(text));
    });
    await new Promise<void>((resolve) => guest.listen(join(folder, "socket"), resolve));
  });
  after(async () => {
    guest.close();
    await rm(folder, { recursive: true, force: true });
  });
  beforeEach(() => {
    typed = [];
  });

  const lives = new Promise<never>(() => undefined);
  const open = ({
    log = "log",
    ended = lives as Promise<unknown>,
    signal = new AbortController().signal,
  } = {}) => openSerial({ log: join(folder, log), socket: join(folder, "socket") }, 1000, { ended, signal });

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

  it("tells what is said while the log is cut, and all of it before the guest's end", async () => {
    const log = join(folder, "long");
    await writeFile(log, "before\n");
    const end = Promise.withResolvers<void>();
    const console = await open({ log: "long", ended: end.promise });
    const seen: string[] = [];
    const read = (async () => {
      for await (const bytes of console) seen.push(String(bytes));
    })();
    const said: string[] = ["before\n"];
    for (let round = 0; round < 6; round++) {
      const words = `round ${round} `.repeat(MiB / 8);
      said.push(words);
      appendFileSync(log, words);
      while (seen.join("").length < said.join("").length) await turn();
      await cutLog(log);
    }
    said.push("last words");
    appendFileSync(log, "last words");
    end.resolve();
    await read;
    assert.ok(statSync(log).blocks * 512 < 5 * MiB);
    assert.ok(seen.join("") === said.join(""), "something is missing, or comes twice");
  });

  it("passes on what is typed, and lets go of the guest when nothing is: others may type as well", async () => {
    const [one, other] = await Promise.all([open(), open()]);
    for (const key of ["l", "s", "\r"]) one.write(key);
    while (typed.length < 1) await turn();
    other.write("pwd\r");
    while (typed.length < 2) await turn();
    one.write("again");
    one.destroy();
    while (typed.length < 3) await turn();
    assert.deepEqual(typed, ["ls\r", "pwd\r", "again"]);
    other.destroy();
  });

  it("goes on where its guest has gone, with nothing lost of what was said or typed meanwhile", async () => {
    await writeFile(join(folder, "here"), "said here\n");
    const end = Promise.withResolvers<void>();
    const hosts = [1, 2, 3].map(() => Promise.withResolvers<Duplex | undefined>());
    const [there, back, nowhere] = [hosts[0]!, hosts[1]!, hosts[2]!];
    const console = await openSerial({ log: join(folder, "here"), socket: join(folder, "nobody") }, 1000, {
      ended: end.promise,
      signal: new AbortController().signal,
      onward: () => hosts.shift()!.promise,
    });
    let seen = "";
    console.on("data", (bytes: Buffer) => (seen += String(bytes)));
    while (seen === "") await turn();
    console.write("typed on the way;");
    appendFileSync(join(folder, "here"), "last words\n");
    end.resolve();
    await turn();
    const [near, far] = duplexPair();
    let heard = "";
    far.on("data", (bytes: Buffer) => (heard += String(bytes)));
    there.resolve(near);
    console.write("typed there");
    far.write("said there\n");
    while (!seen.endsWith("said there\n") || !heard.endsWith("typed there")) await turn();
    assert.equal(seen, "said here\nlast words\nsaid there\n");
    assert.equal(heard, "typed on the way;typed there");
    // It goes on from there, or comes back: what comes from there ends, as it does in a tunnel.
    far.end();
    await turn();
    console.write("typed on the way back;");
    const [nearAgain, farAgain] = duplexPair();
    farAgain.on("data", (bytes: Buffer) => (heard += String(bytes)));
    back.resolve(nearAgain);
    farAgain.write("said again\n");
    while (!seen.endsWith("said again\n") || !heard.endsWith("back;")) await turn();
    const over = once(console, "end");
    nearAgain.destroy();
    nowhere.resolve(undefined);
    await over;
  });

  it("fails to type where the guest is gone", async () => {
    const console = await openSerial({ log: join(folder, "log"), socket: join(folder, "nobody") }, 0, {
      ended: lives,
      signal: new AbortController().signal,
    });
    const failed = once(console, "error");
    console.write("x");
    assert.equal((await failed)[0].code, "host.qemu_gone");
  });

  it("may be closed at any moment, while the guest speaks", async () => {
    // A rejection that nobody handles fails this test, as it would end the daemon.
    for (let moment = 0; moment < 200; moment++) {
      const leaving = new AbortController();
      const console = await open({ signal: leaving.signal });
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

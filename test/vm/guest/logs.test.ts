/** Does what a guest says stay within bounds on the host, and is it told whole to who watches? */
import assert from "node:assert/strict";
import { appendFileSync, readdirSync, readFileSync, readlinkSync, statSync } from "node:fs";
import { readFile } from "node:fs/promises";
import type { Duplex } from "node:stream";
import { after, before, describe, it } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { guestPlace } from "#domain/guest/place";
import { logLimits } from "#hypervisor/host/log-file";
import { MiB, TestLodge } from "../daemon.ts";

describe("what a guest says", () => {
  let lodge: TestLodge;
  let log: string;
  before(async () => {
    lodge = await TestLodge.start();
    const { id } = await lodge.run({ name: "g" });
    log = guestPlace(lodge.paths, id).serialLog;
  });
  after(() => lodge?.[Symbol.asyncDispose]());

  const taken = () => statSync(log).blocks * 512;
  const said = async () => (await readFile(log, "latin1")).replace(/^\0+/, "");
  /** As if it had said so much: by its port that would take minutes. */
  const fill = () => appendFileSync(log, "earlier words\n".repeat(Math.ceil(logLimits.most / 14)));
  const isCut = async () => {
    while (taken() > logLimits.most) await delay(50);
  };
  const until = async (console: Duplex, words: string) => {
    let seen = "";
    for await (const bytes of console.iterator({ destroyOnReturn: false })) {
      seen += String(bytes);
      if (seen.includes(words)) return seen;
    }
    return assert.fail(`the console ended before '${words}'`);
  };

  const watch = async (scrollback: number): Promise<Duplex> => {
    const console: Duplex = await lodge.client.console("g", { scrollback });
    return console.on("error", () => undefined);
  };

  it("goes where QEMU appends it, whatever becomes of the beginning", async () => {
    const { pid } = await lodge.guest("g");
    for (const name of ["serial.log", "qemu.log"]) {
      const fds = readdirSync(`/proc/${pid}/fd`).filter((fd) =>
        readlinkSync(`/proc/${pid}/fd/${fd}`).endsWith(`/${name}`),
      );
      assert.ok(fds.length > 0, name);
      for (const fd of fds) {
        const flags = /^flags:\t(\d+)$/m.exec(readFileSync(`/proc/${pid}/fdinfo/${fd}`, "utf8"))![1]!;
        assert.ok((Number.parseInt(flags, 8) & 0o2000) !== 0, `${name} is not appended to`);
      }
    }
  });

  it("is cut while it speaks and somebody watches, who misses nothing", async () => {
    const console = await watch(0);
    const count = 2000;
    const speaking = lodge.sh(
      "g",
      `i=0; while [ $i -lt ${count} ]; do echo "word $i" >/dev/ttyS0; i=$((i+1)); done; echo done >/dev/ttyS0`,
    );
    fill();
    const [seen] = await Promise.all([until(console, "done\r\n"), speaking, isCut()]);
    console.destroy();
    const words = [...seen.matchAll(/word (\d+)\r\n/g)].map(([, number]) => Number(number));
    assert.deepEqual(
      words,
      Array.from({ length: count }, (_, i) => i),
    );
    assert.match(await said(), /done\r\n$/);
  });

  it("is cut when the daemon is back, and what it said before is still there to scroll back to", async () => {
    await lodge.end("SIGKILL");
    fill();
    appendFileSync(log, "said while no daemon ran\n");
    await lodge.start();
    assert.ok(taken() <= logLimits.most);
    const console = await watch(MiB);
    const hello = lodge.sh("g", "echo and now >/dev/ttyS0");
    const seen = await until(console, "and now\r\n");
    await hello;
    console.destroy();
    assert.match(seen, /said while no daemon ran\n[^]*and now\r\n$/);
    assert.ok(seen.length >= MiB);
    const shown = await lodge.client.call("guestLogs", { params: { guest: "g" }, query: { tail: 1 } });
    assert.match(String(shown), /and now/);
  });
});

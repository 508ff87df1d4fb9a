/** Do the examples of the guide to the SDK run as they stand? */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { text } from "node:stream/consumers";
import { FakedDaemon } from "../fakes/faked-daemon.ts";

const root = join(import.meta.dirname, "../..");

describe("the SDK's examples", () => {
  let daemon: FakedDaemon;
  before(async () => {
    daemon = await FakedDaemon.start();
    await daemon.image("tiny");
  });
  after(() => daemon.close());

  function start(name: string, ...args: string[]) {
    const program = spawn(process.execPath, [join(root, "examples", `${name}.ts`), ...args], {
      env: { ...process.env, LODGE_HOME: daemon.paths.home },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const ended = Promise.all([text(program.stdout), text(program.stderr), once(program, "close")]);
    return { program, ended };
  }

  async function run(name: string, ...args: string[]): Promise<string> {
    const [said, errors, [code]] = await start(name, ...args).ended;
    assert.equal(code, 0, errors);
    return said;
  }

  it("create a guest and run a command in it", async () => {
    assert.match(await run("create-and-exec", "tiny"), /^\S+ says Linux and ends with 0\n$/);
    assert.equal((await daemon.client.call("guestList")).length, 0);
  });

  it("fork ten and collect", async () => {
    assert.equal(await run("fork-ten", "tiny"), "0 1 4 9 16 25 36 49 64 81\n");
    assert.equal((await daemon.client.call("guestList")).length, 0);
  });

  it("follow what changes", async () => {
    const { program, ended } = start("follow-events", "1");
    await once(program.stdout, "data");
    const body = { image: "tiny", name: "seen", start: false };
    await daemon.client.waitFor(await daemon.client.call("guestCreate", { body }));
    const [said] = await ended;
    assert.match(said, /^0 guests\ncreated: seen is \w+\n$/);
  });

  it("stand in the guide as they are", () => {
    const guide = readFileSync(join(root, "docs/guides/sdk.md"), "utf8");
    for (const name of ["create-and-exec", "fork-ten", "follow-events"]) {
      const source = readFileSync(join(root, "examples", `${name}.ts`), "utf8");
      assert.ok(guide.includes(source), `${name} is another in the guide`);
    }
  });
});

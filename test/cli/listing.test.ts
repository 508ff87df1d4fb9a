import assert from "node:assert/strict";
import { mkdirSync, readdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { parse } from "yaml";
import { fakeToken } from "../fakes/fake-daemon.ts";
import { fakeGuest } from "../fakes/fake-services.ts";
import { launcher, openScene, run, type Scene } from "./lodge.ts";

let scene: Scene;
before(async () => (scene = await openScene()));
after(() => scene.close());

describe("lodge ls", () => {
  it("is a table for people, on which no line ends with blanks", async () => {
    const { code, stdout, stderr } = await scene.lodge(["ls"]);
    assert.equal(code, 0, stderr);
    const [header = "", first = ""] = stdout.split("\n");
    assert.match(header, /^NAME +STATE +SINCE +ADDRESS +CPUS +MEMORY +FROM$/);
    assert.match(first, /^web-1 +running .*10\.77\.3\.2 +1 +512 MiB +debian-13$/);
    assert.doesNotMatch(stdout, / $/m);
    assert.ok(!stdout.includes("\u001b"), "colours belong on terminals");
  });

  it("is names alone with -q", async () => {
    assert.equal((await scene.lodge(["ls", "-q"])).stdout, "web-1\nweb-2\ndb\n");
  });

  it("is the same data as JSON and as YAML", async () => {
    const [json, yaml] = await Promise.all(
      ["json", "yaml"].map((format) => scene.lodge(["ls", "-f", format])),
    );
    const items = JSON.parse(json?.stdout ?? "") as { name: string; memory: number }[];
    assert.deepEqual(
      items.map(({ name }) => name),
      ["web-1", "web-2", "db"],
    );
    assert.equal(items[0]?.memory, 536_870_912);
    assert.deepEqual(parse(yaml?.stdout ?? ""), items);
  });

  it("says what to do where there is nothing, beside its empty output", async () => {
    const { code, stdout, stderr } = await scene.lodge(["ls", "--state", "crashed"]);
    assert.deepEqual([code, stdout], [0, ""]);
    assert.match(stderr, /There are no guests/);
  });

  it("asks a daemon by its URL and token as well", async () => {
    const address = await scene.daemon.listenTcp();
    const env = { LODGE_URL: `http://${address.replace(/^http:\/\//, "")}`, LODGE_TOKEN: fakeToken };
    assert.equal((await run(["ls", "-q"], { env }).ended).stdout, "web-1\nweb-2\ndb\n");
    const refused = await run(["ls"], { env: { ...env, LODGE_TOKEN: "x" } }).ended;
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, /not signed in/);
  });

  it("takes another home by --home, before LODGE_HOME", async () => {
    const env = { LODGE_HOME: join(scene.folder, "elsewhere") };
    assert.equal((await run(["ls", "-q", "--home", scene.home], { env }).ended).code, 0);
  });
});

describe("every listing", () => {
  for (const words of [
    ["ls"],
    ["image", "ls"],
    ["image", "recipes"],
    ["template", "ls"],
    ["network", "ls"],
    ["operation", "ls"],
    ["doctor"],
  ]) {
    it(`can be JSON: ${words.join(" ")}`, async () => {
      const { stdout, stderr, code } = await scene.lodge([...words, "-f", "json"]);
      assert.equal(code, 0, stderr);
      assert.ok(Array.isArray(JSON.parse(stdout)));
    });
  }
});

describe("lodge show and info", () => {
  it("tell what there is, for people and as JSON", async () => {
    const [shown, data, info] = await Promise.all([
      scene.lodge(["show", "db"]),
      scene.lodge(["show", "db", "-f", "json"]),
      scene.lodge(["info", "-f", "yaml"]),
    ]);
    assert.match(shown.stdout, /^name +db$/m);
    assert.match(shown.stdout, /^disks +disk0 {2}10 GiB qcow2/m);
    assert.equal((JSON.parse(data.stdout) as { name: string }).name, "db");
    assert.equal((parse(info.stdout) as { qemu: string }).qemu, "7.2.22");
  });
});

describe("a guest that something ails", () => {
  it("is told from others by ls, and show says what to do", async () => {
    const ails = [{ code: "guest.no_space", message: "It stands still.", hint: "Make room." }];
    scene.daemon.services.known.set("ill", fakeGuest("ill", { state: "paused", ails }));
    const [listed, shown] = await Promise.all([scene.lodge(["ls"]), scene.lodge(["show", "ill"])]);
    scene.daemon.services.known.delete("ill");
    assert.match(listed.stdout, /^ill +paused \(disk full\) /m);
    assert.match(listed.stdout, /^web-1 +running +\d/m);
    assert.match(shown.stdout, /^ails +It stands still\. Make room\.$/m);
  });
});

describe("lodge template budget", () => {
  it("tells what templates may take, changes it, and takes a change back", async () => {
    const first = await scene.lodge(["template", "budget"]);
    assert.equal(
      first.stdout,
      "memory  170 MiB taken of 1 GiB, a quarter of the host's\ndisk    230 MiB taken of 2 GiB\n",
      first.stderr,
    );
    const set = await scene.lodge(["template", "budget", "--memory", "4G", "--disk", "default"]);
    assert.equal(
      set.stdout,
      "memory  170 MiB taken of 4 GiB\ndisk    230 MiB taken of 1 GiB, a tenth of the file system, 2 GiB at least\n",
      set.stderr,
    );
    const { memory } = JSON.parse((await scene.lodge(["template", "budget", "-f", "json"])).stdout);
    assert.deepEqual(memory, { limit: 2 ** 32, taken: 170 * 2 ** 20, chosen: true });
    const wrong = await scene.lodge(["template", "budget", "--memory", "much"]);
    assert.notEqual(wrong.code, 0);
    assert.match(wrong.stderr, /'much' is not a size/);
  });
});

describe("a reader that leaves", () => {
  it("ends the command without a word", async () => {
    const within = ["bash", "-o", "pipefail", "-c", '"$@" | head -n 1', "bash"];
    const { code, stdout, stderr } = await scene.start(["ls", "-f", "json"], { within, input: "" }).ended;
    assert.deepEqual([stdout, stderr], ["[\n", ""]);
    assert.ok(code === 141 || code === 0, `${code}`);
  });
});

describe("the launcher", () => {
  it("works through links, from any folder, and with blanks in paths", async () => {
    const folder = join(scene.folder, "a folder");
    mkdirSync(folder);
    symlinkSync(launcher, join(folder, "first"));
    symlinkSync("first", join(folder, "lodge"));
    const within = ["sh", "-c", `exec "$0/lodge" version`, folder];
    const { stdout, stderr } = await run([], { within, cwd: folder, input: "" }).ended;
    assert.match(stdout, /^\d+\.\d+\.\d+\n$/, stderr);
  });

  it("keeps compiled code below this user's own home, and nowhere where there is none", async () => {
    const own = join(scene.folder, "own");
    mkdirSync(own);
    assert.equal(
      (await run(["version"], { env: { HOME: own, NODE_COMPILE_CACHE: undefined } }).ended).code,
      0,
    );
    assert.deepEqual(readdirSync(join(own, ".cache/lodge")), ["compiled"]);
    assert.equal(
      (await run(["version"], { env: { HOME: undefined, NODE_COMPILE_CACHE: undefined }, cwd: own }).ended)
        .code,
      0,
    );
    assert.deepEqual(readdirSync(own), [".cache"]);
  });
});

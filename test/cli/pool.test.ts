import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { openScene, type Scene } from "./lodge.ts";

let scene: Scene;
before(async () => (scene = await openScene()));
after(() => scene.close());

const GiB = 2 ** 30;
const json = async (...words: string[]) => JSON.parse((await scene.lodge([...words, "-f", "json"])).stdout);

describe("lodge pool", () => {
  it("makes one of a folder, or of what it is said to be", async () => {
    const made = await scene.lodge(["pool", "create", "fast", "/srv/nvme"]);
    assert.deepEqual([made.code, made.stdout], [0, "pool fast is made\n"]);
    const words = ["--kind", "shared", "--quota", "500G", "--description", "of all"];
    assert.equal((await scene.lodge(["pool", "create", "team", "/mnt/nfs", ...words])).code, 0);
    const { kind, target, quota, description } = await json("pool", "show", "team");
    assert.deepEqual([kind, target, quota, description], ["shared", "/mnt/nfs", 500 * GiB, "of all"]);
    assert.equal((await json("pool", "show", "fast")).kind, "directory");
  });

  it("refuses a name that is taken, a kind that is none, and half a command", async () => {
    const taken = await scene.lodge(["pool", "create", "fast", "/srv/other"]);
    assert.equal(taken.code, 4);
    assert.match(taken.stderr, /fast/);
    const kind = await scene.lodge(["pool", "create", "new", "/srv/new", "--kind", "tape"]);
    assert.equal(kind.code, 2);
    assert.match(kind.stderr, /--kind: 'tape' is none of directory, /);
    const half = await scene.lodge(["pool", "create", "new"]);
    assert.equal(half.code, 2);
    assert.match(half.stderr, /TARGET is missing/);
    assert.match(half.stderr, /lodge pool create --help/);
  });

  it("lists them, with what is left and what is promised", async () => {
    const { stdout } = await scene.lodge(["pool", "ls"]);
    const [header = "", ...rows] = stdout.trimEnd().split("\n");
    assert.match(header, /^NAME +KIND +STATE +FREE +USED +PROMISED +QUOTA +VOLUMES +TARGET$/);
    assert.equal(rows.length, 3);
    assert.ok(
      rows.some((row) => /^team +shared +ready +40 GiB .* 500 GiB +0 +\/mnt\/nfs$/.test(row)),
      stdout,
    );
    assert.equal((await scene.lodge(["pool", "ls", "-q"])).stdout, "default\nfast\nteam\n");
    const names = (await json("pool", "ls")).map(({ name }: { readonly name: string }) => name);
    assert.deepEqual(names, ["default", "fast", "team"]);
  });

  it("shows one with what is in it, and says why it is unusable", async () => {
    const { known } = scene.daemon.services.pools;
    const reason = "/mnt/nfs is not mounted";
    known.set("team", { ...known.get("team")!, state: "unusable", reason });
    await scene.daemon.client.call("volumeCreate", { body: { name: "data", size: GiB, pool: "team" } });
    const { stdout } = await scene.lodge(["pool", "show", "team"]);
    assert.match(stdout, /^state +unusable: \/mnt\/nfs is not mounted$/m);
    assert.match(stdout, /^quota +500 GiB$/m);
    assert.match(stdout, /^volumes +data$/m);
    const row = (await scene.lodge(["pool", "ls"])).stdout
      .split("\n")
      .find((line) => line.startsWith("team"));
    assert.match(row!, /^team +shared +unusable +– +– /);
    const gone = await scene.lodge(["pool", "show", "nothing"]);
    assert.equal(gone.code, 3);
  });

  it("changes what is said, and nothing else", async () => {
    const set = async (...words: string[]) => scene.lodge(["pool", "set", "fast", ...words]);
    assert.deepEqual(
      (await set("--quota", "200G", "--description", "quick")).stdout,
      "pool fast is changed\n",
    );
    assert.equal((await set("--no-quota")).code, 0);
    const { quota, description } = await json("pool", "show", "fast");
    assert.deepEqual([quota, description], [undefined, "quick"]);
    const nothing = await set();
    assert.equal(nothing.code, 2);
    assert.match(nothing.stderr, /Nothing is to change/);
  });

  it("removes several, and tells of one that it cannot", async () => {
    const { code, stdout, stderr } = await scene.lodge(["pool", "rm", "nothing", "fast", "default", "team"]);
    assert.equal(code, 3);
    assert.equal(stdout, "pool fast is removed\npool team is removed\n");
    assert.match(stderr, /^Error: nothing: /m);
    assert.match(stderr, /^Error: default: /m);
    assert.equal((await scene.lodge(["pool", "ls", "-q"])).stdout, "default\n");
  });
});

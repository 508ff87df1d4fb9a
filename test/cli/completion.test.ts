import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { checkout, openScene, run, type Scene } from "./lodge.ts";

let scene: Scene;
before(async () => (scene = await openScene()));
after(() => scene.close());

/** What bash offers for the last of these words. */
async function offered(...words: string[]): Promise<string[]> {
  const script = `
    source <(lodge completion bash) || exit 1
    COMP_WORDS=(lodge "$@"); COMP_CWORD=$#
    _lodge 2>/dev/null
    printf '%s\\n' "\${COMPREPLY[@]}"`;
  const path = `${join(checkout, "bin")}:${process.env["PATH"]}`;
  const within = ["bash", "-c", 'launcher=${@: -1}; set -- "${@:1:$#-1}"; eval "$0"', script, ...words];
  const ended = await run([], {
    within,
    env: { LODGE_HOME: scene.home, PATH: path },
    cwd: checkout,
    input: "",
  }).ended;
  assert.equal(ended.code, 0, ended.stderr);
  return ended.stdout.split("\n").filter((word) => word !== "");
}

describe("bash completion", () => {
  const cases: readonly (readonly [words: readonly string[], offers: readonly string[]])[] = [
    [["sus"], ["suspend"]],
    [["im"], ["image"]],
    [["image", "pu"], ["pull"]],
    [
      ["show", "web"],
      ["web-1", "web-2"],
    ],
    [["guest", "show", "d"], ["db"]],
    [["stop", "db", "web-1"], ["web-1"]],
    [
      ["disk", "rm", "db", "d"],
      ["disk0", "disk1"],
    ],
    [["ls", "--fo"], ["--format"]],
    [
      ["ls", "--format", ""],
      ["table", "json", "yaml"],
    ],
    [["ls", "-f", "y"], ["yaml"]],
    [["run", "--no-w"], ["--no-wait"]],
    [["run", "--wait=ad"], ["--wait=address"]],
    [["image", "build", ""], ["debian-13"]],
    [
      ["completion", ""],
      ["bash", "zsh"],
    ],
    [["show", "nobody"], []],
    [["frobnicate", ""], []],
  ];
  for (const [words, offers] of cases) {
    it(`offers ${offers.join(" ") || "nothing"} for 'lodge ${words.join(" ")}'`, async () => {
      assert.deepEqual(await offered(...words), offers);
    });
  }

  it("offers files where files go", async () => {
    assert.deepEqual(await offered("run", "--user-data", "tsconfig"), ["tsconfig.json"]);
    assert.deepEqual(await offered("exec", "web-1", "--", "tsconf"), ["tsconfig.json"]);
  });
});

describe("zsh completion", () => {
  it("is a script that names the command", async () => {
    const { stdout } = await scene.lodge(["completion", "zsh"]);
    assert.match(stdout, /^#compdef lodge$/m);
    assert.match(stdout, /\$\{\(@\)words\[2,CURRENT\]\}/);
  });
});

describe("completion without a daemon", () => {
  it("offers commands and options still, and no names", async () => {
    const env = { LODGE_HOME: join(scene.folder, "none") };
    const words = (...typed: string[]) => run(["completion", "words", "--", ...typed], { env }).ended;
    assert.match((await words("sta")).stdout, /^start\t/);
    assert.deepEqual(await words("show", ""), { code: 0, stdout: "", stderr: "" });
  });
});

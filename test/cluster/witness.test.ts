/** Does a small computer that only votes let two hosts go on without either, and keep out of all else? */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join as path } from "node:path";
import { after, before, describe, it } from "node:test";
import { homePaths } from "#base/home";
import { createClient, type Client } from "#client/client";
import { eventually } from "../vm/net/machine.ts";
import type { Host } from "./hosts/host.ts";
import { Hosts } from "./hosts/hosts.ts";

const skip = process.geteuid?.() !== 0 && "it takes root to make hosts";

describe("two hosts and a witness", { skip }, () => {
  let hosts: Hosts;
  let [h1, h2, small] = [] as unknown as [Host, Host, Host];
  before(async () => {
    hosts = await Hosts.start(3, { disk: 2 ** 30, bare: true });
    [h1, h2, small] = hosts.all as [Host, Host, Host];
    await Promise.all([h1, h2].map((host) => host.startDaemon()));
    await typed(h1, "cluster", "init");
    await typed(h2, "cluster", "join", await token());
  });
  after(() => hosts?.[Symbol.asyncDispose]());

  async function typed(host: Host, ...words: string[]): Promise<string> {
    const { code, stdout, stderr } = await host.lodge(words);
    assert.equal(code, 0, `${host.name}: lodge ${words.join(" ")}\n${stdout}${stderr}`);
    return stdout;
  }
  const token = async () => (await typed(h1, "cluster", "token")).trim().split(" ").at(-1)!;
  const status = (client: Client) => client.call("clusterGet");
  const part = async (name: string) => {
    const found = (await h1.client.call("clusterHosts")).find((host) => host.name === name);
    return found && { voter: found.voter, witness: found.witness, answers: found.answers };
  };
  const isWell = (voters: number) =>
    eventually(async () => {
      const found = await status(h1.client);
      assert.deepEqual([found.state, found.voters], ["well", voters], JSON.stringify(found));
    });
  const changes = async (host: Host, project: string) => {
    const made = await host.lodge(["project", "create", project]);
    assert.equal(made.code, 0, made.stderr);
  };
  const etcds = () => small.processes((argv) => /(^|\/)etcd$/.test(argv[0] ?? "")).length;

  it("have three votes, of which one is a small computer's that does nothing else", async () => {
    await small.beginDaemon(["--witness", "--join", await token(), "--name", "small"]);
    await isWell(3);
    assert.deepEqual(await part("small"), { voter: true, witness: true, answers: true });
    assert.match(await typed(h1, "cluster", "ls"), /^small +answers +198\.51\.100\.3:8470 +0 +witness/m);
    assert.match(await typed(h2, "cluster", "status"), /2 hosts and a witness, all of which answer/);
    assert.equal(etcds(), 1);
    assert.equal(small.processes().length, 2, "its daemon, and etcd");
    assert.match(await small.run(["ip", "-br", "link"]), /^lo .*\n\S+ .*\n$/);
  });

  it("has the witness say how the cluster is, and refuse all else", async () => {
    const asked = createClient({ socketPath: small.namespace.outside(homePaths(small.home).socket) });
    assert.equal((await status(asked)).host, "small");
    await assert.rejects(asked.call("guestList"), /runs no guests/);
    const placed = await h1.lodge(["run", "tiny", "--host", "small", "--name", "web"]);
    assert.notEqual(placed.code, 0);
    assert.match(placed.stderr, /witness of a cluster/);
    assert.doesNotMatch(
      (await h1.lodge(["host", "events"])).stderr,
      /small/,
      "nobody asks it for what hosts have",
    );
    const { stdout } = await h1.lodge(["doctor"]);
    assert.match(stdout, /All 2 others answer/);
  });

  it("go on without one of the hosts", async () => {
    await h2.crash();
    await changes(h1, "alone");
    await eventually(async () => assert.match((await status(h1.client)).says[0]!, /h2 does not answer/));
    await h2.boot();
    await h2.startDaemon();
    await isWell(3);
  });

  it("go on without the witness, which finds its place again", async () => {
    await small.crash();
    await changes(h2, "unseen");
    await small.boot();
    await small.beginDaemon(["--witness"]);
    await isWell(3);
  });

  it("take it out like any host, and nothing of the cluster stays on it", async () => {
    await typed(h1, "cluster", "remove", "small");
    await eventually(async () => assert.equal(small.processes().length, 0, await small.log()));
    for (const left of ["cluster.json", "cluster"])
      assert.equal(existsSync(small.namespace.outside(path(small.home, left))), false, left);
    await eventually(async () => assert.equal((await status(h1.client)).voters, 1));
  });
});

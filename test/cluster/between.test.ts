/** Do guests go between hosts that are in no cluster together, as it is typed, and is each on one of the two whatever befalls the daemons? */
import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { hasEnded } from "#contract/operation";
import { routes } from "#contract/routes";
import type { Route } from "#contract/route";
import { wire } from "#contract/wire";
import { makeIdentity } from "#domain/guest/between/pass";
import { systemClock } from "#base/clock";
import { text, tinyMemory } from "../vm/daemon.ts";
import { eventually } from "../vm/net/machine.ts";
import type { Host, Printed } from "./hosts/host.ts";
import { Hosts } from "./hosts/hosts.ts";

const skip = process.geteuid?.() !== 0 && "it takes root to make hosts";
const memory = `${tinyMemory / 2 ** 20}M`;

describe("a guest that goes outside", { skip }, () => {
  let hosts: Hosts;
  /** Stands alone. */
  let desk: Host;
  /** The one host of a cluster. */
  let rack: Host;

  before(async () => {
    hosts = await Hosts.start(2, { disk: 2 ** 30 });
    [desk, rack] = hosts.all as [Host, Host];
    await typed(rack, "cluster", "init");
    const kept = ["--encrypted", "--label", "tier=front", "--name", "web"];
    await typed(desk, "run", "tiny", "--memory", memory, ...kept);
    await sh(desk, "web", "dd if=/dev/urandom of=/dev/vda bs=1M count=40 2>/dev/null; sync");
    await typed(desk, "snapshot", "create", "web", "first");
  });
  after(() => hosts?.[Symbol.asyncDispose]());

  async function typed(host: Host, ...words: string[]): Promise<string> {
    const { code, stdout, stderr } = await host.lodge(words);
    const logs = async () => `${await desk.log()}\n--\n${await rack.log()}`;
    const what = `${host.name}: lodge ${words.join(" ")}\n${stdout}${stderr}`;
    assert.equal(code, 0, code === 0 ? "" : `${what}\n${await logs()}`);
    return stdout;
  }
  const token = async (host: Host): Promise<string> => (await typed(host, "arrival", "token")).trim();
  const refused = async (host: Host, ...words: string[]): Promise<Printed> => {
    const printed = await host.lodge(words);
    assert.notEqual(printed.code, 0, `lodge ${words.join(" ")}: ${printed.stdout}`);
    return printed;
  };

  async function sh(at: Host, guest: string, script: string): Promise<string> {
    const command = await at.client.exec(guest, { argv: ["sh", "-c", script] });
    command.stdin.end();
    const [stdout, { code }] = await Promise.all([text(command.stdout), command.exit]);
    assert.equal(code, 0, script);
    return stdout.trim();
  }
  const sum = (at: Host, guest: string) =>
    sh(at, guest, "echo 3 >/proc/sys/vm/drop_caches; dd if=/dev/vda bs=1M count=40 2>/dev/null | md5sum");
  const named = async (host: Host, name: string) =>
    (await host.client.call("guestList")).filter((guest) => guest.name === name);
  /** Names of what a host has of guests in a folder of its home. */
  const left = async (host: Host, folder: string): Promise<string[]> =>
    (await host.run(["ls", `${host.home}/${folder}`]))
      .split("\n")
      .filter((name) => /^[glt][0-9a-z]{10}/.test(name));
  /** But for templates of the image, which each host makes. */
  const nothingLeft = (host: Host) =>
    eventually(async () => {
      const [guests, layers, templates] = await Promise.all(
        ["guests", "layers", "templates"].map((folder) => left(host, folder)),
      );
      assert.deepEqual([guests, layers!.length], [[], templates!.length]);
    });

  it("is told what stands in its way, and rests where it is", async () => {
    const wrong = `lodge-move-${Buffer.from('["198.51.100.2:8473","00","v0123456789","x"]').toString("base64url")}`;
    assert.match(
      (await refused(desk, "move", "web", "--token", await token(rack))).stderr,
      /runs, and goes .* only at rest/,
    );
    await typed(desk, "stop", "--force", "web");
    assert.match(
      (await refused(desk, "move", "web", "--token", "lodge-move-x")).stderr,
      /no token of a host/,
    );
    await token(rack);
    assert.match(
      (await refused(desk, "move", "web", "--token", wrong)).stderr,
      /is not the host that made the token/,
    );
    await typed(rack, "run", "tiny", "--no-start", "--name", "web");
    const good = await token(rack);
    await rack.fill();
    const check = [
      "move",
      "web",
      "--token",
      good,
      "--check",
      "--network",
      "default=lab",
      "--to-project",
      "default",
    ];
    const { stdout } = await refused(desk, ...check);
    await rack.unfill();
    assert.match(stdout, /another guest there is called web. Give it another name there with --name/);
    assert.match(stdout, /there is no network lab. Say which of those there/);
    assert.match(stdout, /of disk are needed there/);
    assert.equal((await named(desk, "web"))[0]!.state, "stopped");
  });

  it("goes from a host that stands alone to a cluster, with its disks, snapshots and cards", async () => {
    const [before] = await named(desk, "web");
    await typed(desk, "start", "web");
    const had = await sum(desk, "web");
    await typed(desk, "stop", "--force", "web");
    const shown = await token(rack);
    assert.match(await typed(desk, "move", "web", "--token", shown, "--name", "shop"), /web is on h2/);
    assert.deepEqual(await named(desk, "web"), []);
    await nothingLeft(desk);
    const [now] = await named(rack, "shop");
    assert.deepEqual(
      [now!.id, now!.labels, now!.nics[0]!.mac],
      [before!.id, before!.labels, before!.nics[0]!.mac],
    );
    assert.deepEqual([now!.state, now!.host], ["stopped", "h2"]);
    await typed(rack, "start", "shop");
    assert.equal(await sum(rack, "shop"), had);
    assert.match(await typed(rack, "snapshot", "ls", "shop"), /first/);
    await typed(desk, "run", "tiny", "--no-start", "--name", "next");
    assert.match((await refused(desk, "move", "next", "--token", shown)).stderr, /does not count/);
    await typed(desk, "rm", "next");
    await sh(rack, "shop", "echo kept >/dev/shm/kept");
  });

  it("comes from a cluster to a host that stands alone, with what it has in memory", async () => {
    await typed(rack, "suspend", "shop");
    assert.match(await typed(rack, "move", "shop", "--token", await token(desk)), /shop is on /);
    await typed(desk, "start", "shop");
    assert.equal(await sh(desk, "shop", "cat /dev/shm/kept"), "kept");
    await typed(desk, "stop", "--force", "shop");
    await typed(rack, "rm", "web");
    await nothingLeft(rack);
  });

  it("is on one of the two whatever daemon is killed, and nothing of it is left on the other", async () => {
    let [from, to] = [desk, rack];
    for (const [whose, patience] of [
      ["source", 700],
      ["target", 900],
      ["source", 1500],
      ["target", 1700],
    ] as const) {
      const moving = from.client.call("guestMove", {
        params: { guest: "shop" },
        body: { token: await token(to) },
      });
      await moving;
      await delay(patience * Math.random());
      const killed = whose === "source" ? from : to;
      await killed.endDaemon("SIGKILL");
      await delay(200);
      await killed.startDaemon();
      await eventually(async () => {
        for (const host of hosts.all) {
          const operations = await host.client.call("operationList", { query: { limit: 20 } });
          assert.ok(operations.every(hasEnded), JSON.stringify(operations.filter((one) => !hasEnded(one))));
        }
      });
      const there = [await named(from, "shop"), await named(to, "shop")].map(({ length }) => length);
      assert.equal(there[0]! + there[1]!, 1, `after the ${whose} was killed: ${there}`);
      if (there[1] === 1) [from, to] = [to, from];
      await nothingLeft(to);
    }
    await typed(from, "start", "shop");
    assert.match(await sum(from, "shop"), /^[0-9a-f]{32}/);
  });

  it("has its bringer do nothing else at that door", async () => {
    await token(rack);
    const { cert, key } = await makeIdentity("v0123456789", systemClock);
    const asked = (Object.entries(routes) as [string, Route][]).map(([name, { method, path }]) => ({
      name,
      method,
      path: path.replaceAll(/:\w+/g, "shop"),
    }));
    const more = ["/metrics", "/", "/v1/reference"].map((path) => ({ name: path, method: "GET", path }));
    const tunnels = ["guest/g0123456789/qmp", "visit/v0123456789/talk", "move/o0123456789/talk"].map(
      (end) => ({
        name: end,
        method: "GET",
        path: `/v1/peer/tunnels/${end}`,
        upgrade: true,
      }),
    );
    const given = {
      host: rack.address,
      cert,
      key,
      wire: String(wire),
      asked: [...asked, ...more, ...tunnels],
    };
    const file = join(hosts.folder, "asked.json");
    await writeFile(file, JSON.stringify(given));
    const told = JSON.parse(await desk.run([process.execPath, "-e", asking, file])) as [string, string][];
    const open = told.filter(([, code]) => code !== "visit.not_allowed");
    assert.deepEqual(
      open.map(([name]) => name),
      ["visitEnter", "visitLook", "visitBegin", "visitEnd"],
    );
    for (const [, code] of open) assert.match(code, /^(api\.invalid|visit\.token_invalid)$/);
  });
});

/** Asks at the visitors' door with a certificate of one's own, one after another. */
const asking = `
const { host, cert, key, wire, asked } = JSON.parse(require("node:fs").readFileSync(process.argv[1], "utf8"));
const { request } = require("node:https");
const ask = ({ name, method, path, upgrade }) => new Promise((resolve, reject) => {
  const headers = { "lodge-wire": wire, ...(upgrade ? { connection: "Upgrade", upgrade: "lodge-tunnel" } : {}) };
  const sent = request({ host, port: 8473, rejectUnauthorized: false, cert, key, method, path, headers }, (answer) => {
    let body = "";
    answer.on("data", (bytes) => (body += bytes));
    answer.on("end", () => resolve([name, JSON.parse(body || "{}").code ?? "status " + answer.statusCode]));
  });
  sent.on("error", reject);
  sent.on("upgrade", () => resolve([name, "opened"]));
  sent.end();
});
(async () => {
  const told = [];
  for (const one of asked) told.push(await ask(one));
  console.log(JSON.stringify(told));
})();
`;

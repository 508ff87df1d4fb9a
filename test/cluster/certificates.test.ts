/** Are certificates that are about to end renewed by daemons that run, so that nothing of the cluster or its guests notices? */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { tinyMemory } from "../vm/daemon.ts";
import { eventually } from "../vm/net/machine.ts";
import type { Host } from "./hosts/host.ts";
import { Hosts } from "./hosts/hosts.ts";

const skip = process.geteuid?.() !== 0 && "it takes root to make hosts";
/** Seconds: a daemon has to begin within them, also on a busy machine. */
const life = 40;

describe("certificates that end soon", { skip }, () => {
  let hosts: Hosts;
  let [h1, h2] = [] as unknown as [Host, Host];
  let pid: number | undefined;
  before(async () => {
    hosts = await Hosts.start(2, { disk: 2 ** 30 });
    [h1, h2] = hosts.all as [Host, Host];
    // It boots, and says so at its serial port.
    const body = { image: "tiny", name: "web", memory: tinyMemory, cold: true };
    await h1.client.waitFor(await h1.client.call("guestCreate", { body }));
    await typed(h1, "cluster", "init");
    const line = (await typed(h1, "cluster", "token")).trim().split(" ");
    await typed(h2, ...line.slice(1));
    ({ pid } = await h1.client.call("guestGet", { params: { guest: "web" } }));
  });
  after(() => hosts?.[Symbol.asyncDispose]());

  async function typed(host: Host, ...words: string[]): Promise<string> {
    const { code, stdout, stderr } = await host.lodge(words);
    assert.equal(code, 0, `${host.name}: lodge ${words.join(" ")}\n${stdout}${stderr}\n${await host.log()}`);
    return stdout;
  }
  /** Serial number of the certificate that somebody is shown who comes anew. */
  async function shownAt(host: Host, port: number): Promise<string> {
    const own = `${h2.home}/cluster/host.pem`;
    const client = `openssl s_client -connect ${host.address}:${port} -cert ${own} -key ${own}`;
    const serial = `${client} </dev/null 2>/dev/null | openssl x509 -noout -serial`;
    const shown = await h2.run(["sh", "-c", serial]);
    return shown.trim().replace("serial=", "");
  }
  /** Those of the daemon, and of etcd for its clients and its peers where it runs. */
  const shownBy = (host: Host) =>
    Promise.all((host === h1 ? [8470, 8471, 8472] : [8470]).map((port) => shownAt(host, port)));
  const etcd = () => h1.processes((argv) => /(^|\/)etcd$/.test(argv[0] ?? "")).map(({ ref }) => ref);

  it("are replaced wherever they are shown, by daemons and etcd that run on", async () => {
    const ending = new Map<Host, string>();
    await Promise.all(
      hosts.all.map(async (host) => {
        await host.endDaemon("SIGTERM");
        ending.set(host, await host.program("test/cluster/hosts/shorten.ts", [host.home, String(life)]));
      }),
    );
    const ends = Date.now() + life * 1000;
    await Promise.all(hosts.all.map((host) => host.startDaemon()));
    const running = () => [...hosts.all.map(({ daemon }) => daemon), ...etcd()];
    const before = running();
    assert.equal(before.length, 3);
    await eventually(async () => {
      for (const host of hosts.all) {
        assert.match(await host.log(), /this host's certificate was renewed/, host.name);
        for (const serial of await shownBy(host)) {
          assert.match(serial, /^[0-9A-F]{32}$/, host.name);
          assert.notEqual(serial, ending.get(host), host.name);
        }
      }
    });
    assert.ok(Date.now() < ends, "they were replaced while they held");
    await delay(ends - Date.now());
    assert.deepEqual(running(), before);
  });

  it("keep nobody apart once they have ended", async () => {
    const { client } = h2;
    await typed(h2, "project", "create", "later");
    assert.ok((await h1.client.call("projectList")).some(({ name }) => name === "later"));
    const logs = await client.call("guestLogs", { params: { guest: "web" }, query: { source: "serial" } });
    assert.ok(logs.length > 0, "the other host answered through its door");
    const guest = await client.call("guestGet", { params: { guest: "web" } });
    assert.deepEqual([guest.state, guest.pid], ["running", pid]);
    for (const host of await client.call("clusterHosts"))
      assert.ok(Date.parse(host.certificateUntil!) > Date.now() + 80 * 86_400_000, host.name);
  });
});

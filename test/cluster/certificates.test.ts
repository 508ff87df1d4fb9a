/** Are certificates that are about to end renewed by daemons that run, so that nothing of the cluster or its guests notices? */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { tinyMemory } from "../vm/daemon.ts";
import { eventually } from "../vm/net/machine.ts";
import type { Host } from "./hosts/host.ts";
import { Hosts } from "./hosts/hosts.ts";

const skip = process.geteuid?.() !== 0 && "it takes root to make hosts";
/** Seconds. */
const life = 60;

describe("certificates that end soon", { skip }, () => {
  let hosts: Hosts;
  let [h1, h2] = [] as unknown as [Host, Host];
  let pid: number | undefined;
  before(async () => {
    hosts = await Hosts.start(2, { disk: 2 ** 30 });
    [h1, h2] = hosts.all as [Host, Host];
    const body = { image: "tiny", name: "web", memory: tinyMemory };
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
  /** Serial number of what is shown there to somebody who comes anew, and the lines of `verify`. */
  async function shownAt(host: Host, port: number): Promise<string> {
    const address = `${host.address}:${port}`;
    const own = `${h2.home}/cluster/host.pem`;
    const client = ["openssl", "s_client", "-connect", address, "-cert", own, "-key", own];
    const { stdout } = {
      stdout: await h2.run([
        "sh",
        "-c",
        `${client.join(" ")} </dev/null 2>/dev/null | openssl x509 -noout -serial`,
      ]),
    };
    return stdout.trim().replace("serial=", "");
  }
  const doors = (host: Host) => [
    shownAt(host, 8470),
    ...(host === h1 ? [shownAt(host, 8471), shownAt(host, 8472)] : []),
  ];

  it("are shown by daemons and etcd as they lie there, and replaced while those run", async () => {
    const old = new Map<Host, string>();
    await Promise.all(
      hosts.all.map(async (host) => {
        await host.endDaemon("SIGTERM");
        old.set(host, await host.program("test/cluster/hosts/shorten.ts", [host.home, String(life)]));
        await host.startDaemon();
      }),
    );
    const ends = Date.now() + life * 1000;
    const daemons = hosts.all.map(({ daemon }) => daemon);
    const etcd = h1.processes((argv) => /(^|\/)etcd$/.test(argv[0] ?? ""))[0]?.ref;
    await eventually(async () => {
      for (const host of hosts.all)
        for (const serial of await Promise.all(doors(host))) assert.notEqual(serial, old.get(host));
    });
    await eventually(async () => assert.ok(Date.now() > ends));
    assert.deepEqual(
      hosts.all.map(({ daemon }) => daemon),
      daemons,
    );
    assert.deepEqual(h1.processes((argv) => /(^|\/)etcd$/.test(argv[0] ?? ""))[0]?.ref, etcd);
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

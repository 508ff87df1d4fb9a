/** Does a host keep its cluster's state in an etcd of the user's that asks for certificates, and stay as it was where that cannot be? */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { systemClock, type Clock } from "#base/clock";
import { ClusterAuthority } from "#domain/cluster/authority";
import { externalTlsFile } from "#domain/cluster/external-etcd";
import { newHost } from "#domain/cluster/host-identity";
import { tinyMemory } from "../vm/daemon.ts";
import { eventually } from "../vm/net/machine.ts";
import type { Host } from "./hosts/host.ts";
import { Hosts } from "./hosts/hosts.ts";

const skip = process.geteuid?.() !== 0 && "it takes root to make hosts";
const year = 365 * 86_400_000;

describe("hosts with an etcd of the user's", { skip }, () => {
  let hosts: Hosts;
  let host: Host;
  let other: Host;
  let pid: number | undefined;
  let url = "";
  let now = () => Date.now();
  const clock: Clock = { ...systemClock, now: () => now() };
  let [own, strange] = [] as unknown as [ClusterAuthority, ClusterAuthority];

  before(async () => {
    hosts = await Hosts.start(2, { disk: 2 ** 30 });
    [host, other] = hosts.all as [Host, Host];
    url = `https://${host.address}:2379`;
    const body = { image: "tiny", name: "web", memory: tinyMemory };
    await host.client.waitFor(await host.client.call("guestCreate", { body }));
    pid = (await host.client.call("guestGet", { params: { guest: "web" } })).pid;
    [own, strange] = [
      await ClusterAuthority.make("own", clock),
      await ClusterAuthority.make("strange", clock),
    ];
    await beginEtcd();
  });
  after(() => hosts?.[Symbol.asyncDispose]());

  /** A certificate with its key, signed a while ago. */
  async function issue(authority: ClusterAuthority, ago = 0) {
    const { request, key } = await newHost("h0000000001", [host.address]);
    now = () => Date.now() - ago;
    const { certificate } = authority.sign(request);
    now = () => Date.now();
    return { cert: certificate, key };
  }

  async function put(name: string, content: string): Promise<string> {
    const path = join(host.home, name);
    await writeFile(host.namespace.outside(path), content);
    return path;
  }

  async function beginEtcd(): Promise<void> {
    const { cert, key } = await issue(own);
    const files = {
      ca: await put("ca", own.certificate),
      cert: await put("cert", cert),
      key: await put("key", key),
    };
    const flags = [
      `--data-dir=${join(host.home, "own-etcd")}`,
      ...[`--listen-client-urls=${url}`, `--advertise-client-urls=${url}`, "--max-txn-ops=256"],
      ...["--client-cert-auth", `--trusted-ca-file=${files.ca}`],
      ...[`--cert-file=${files.cert}`, `--key-file=${files.key}`],
    ];
    await host.namespace.detach(["etcd", ...flags], { stdio: "ignore" });
  }

  async function init(ca: string, client?: { readonly cert: string; readonly key: string }) {
    const given = ["--etcd-ca", await put("given-ca", ca)];
    if (client)
      given.push(
        "--etcd-cert",
        await put("given-cert", client.cert),
        "--etcd-key",
        await put("given-key", client.key),
      );
    return host.lodge(["cluster", "init", "--address", host.address, "--etcd", url, ...given]);
  }

  it("are as they were where one does not trust the other, and say why", async () => {
    const good = await issue(own);
    const refused: [Awaited<ReturnType<typeof init>>, RegExp][] = [
      [await init(own.certificate), /wants one and is shown none/],
      [await init(own.certificate, await issue(strange)), /does not accept this host's certificate/],
      [await init(strange.certificate, good), /another authority .* signed the certificate/],
      [
        await init(own.certificate, await issue(own, year)),
        /client's certificate has expired: it was good until/,
      ],
      [await init(own.certificate, { ...good, key: (await issue(own)).key }), /the key is not that of/],
      [await init("nothing"), /authority's certificate is none in PEM/],
    ];
    for (const [{ code, stderr }, why] of refused) {
      assert.notEqual(code, 0);
      assert.match(stderr, why);
    }
    assert.equal((await host.client.call("clusterGet")).state, "alone");
    assert.equal(existsSync(host.namespace.outside(join(host.home, "cluster"))), false);
  });

  it("keep their state there, their guest running, and one that joins is given what it takes", async () => {
    const { code, stderr } = await init(own.certificate, await issue(own));
    assert.equal(code, 0, stderr);
    const { stdout } = await host.lodge(["cluster", "token"]);
    const joined = await other.lodge([...stdout.trim().split(" ").slice(1), "--address", other.address]);
    assert.equal(joined.code, 0, joined.stderr);
    for (const { client } of hosts.all) {
      const status = await client.call("clusterGet");
      assert.deepEqual([status.state, status.external, status.voters], ["well", true, 0]);
    }
    const guest = await other.client.call("guestGet", { params: { guest: "web" } });
    assert.deepEqual([guest.state, guest.pid], ["running", pid]);
    assert.equal(host.processes((argv) => argv[0] === "etcd").length, 1);
    const kept = externalTlsFile(other.home);
    assert.equal((await other.run(["stat", "-c", "%a", kept])).trim(), "600");
  });

  it("say of a certificate that has ended which one it is, and go on once it is replaced", async () => {
    const keep = async (client: object) =>
      writeFile(
        other.namespace.outside(externalTlsFile(other.home)),
        JSON.stringify({ ca: own.certificate, ...client }),
      );
    await other.endDaemon("SIGTERM");
    await keep(await issue(own, year));
    await other.beginDaemon();
    await eventually(async () =>
      assert.match(
        (await other.lodge(["cluster", "status"])).stderr,
        /certificate has expired.*etcd-client\.json/,
      ),
    );
    await keep(await issue(own));
    await other.answers();
    assert.equal((await other.client.call("clusterGet")).state, "well");
  });
});

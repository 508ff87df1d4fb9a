/** Is a network one over hosts with real daemons, and does a guest keep its connections when it moves between them? */
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { systemClock } from "#base/clock";
import { retry } from "#base/retry";
import { tinyMemory } from "../vm/daemon.ts";
import { formCluster } from "./hosts/formed.ts";
import type { Host } from "./hosts/host.ts";
import { Hosts } from "./hosts/hosts.ts";

const skip = process.geteuid?.() !== 0 && "it takes root to make hosts";
const talk = join(import.meta.dirname, "../vm/net/talk.ts");
const outsidePort = 7001;

/** What takes a boot without KVM. */
const eventually = <T>(attempt: () => Promise<T>): Promise<T> =>
  retry(attempt, { clock: systemClock, first: 50, longest: 500, timeout: 90_000 });

describe("a network of a cluster", { skip }, () => {
  let hosts: Hosts;
  let [h1, h2, h3]: Host[] = [];
  before(async () => {
    hosts = await Hosts.start(3, { disk: 2 ** 30, bare: true });
    [h1, h2, h3] = hosts.all;
    await formCluster(hosts);
    await Promise.all(hosts.all.map((host) => host.startDaemon()));
    await h3!.namespace.detach([process.execPath, talk, "serve", String(outsidePort)], { stdio: "ignore" });
  });
  after(() => hosts?.[Symbol.asyncDispose]());

  const lodge = async (host: Host, ...words: string[]): Promise<string> => {
    const { code, stdout, stderr } = await host.lodge(words);
    assert.equal(code, 0, stderr);
    return stdout;
  };
  const inside = async (guest: string, script: string) =>
    (await lodge(h1!, "exec", guest, "--", "sh", "-c", script)).trim();
  const make = (name: string) =>
    lodge(h1!, "run", "tiny", "--host", "h1", "--name", name, "--memory", `${tinyMemory / 2 ** 20}M`);

  it("is each host's own until an admin says what lies between", async () => {
    assert.match(await lodge(h2!, "network", "underlay"), /none/);
    await make("one");
    const { stderr } = await h1!.lodge(["move", "one", "--to", "h2", "--live"]);
    assert.match(stderr, /does not span hosts[^]*lodge network underlay trusted/);
    assert.match(await lodge(h2!, "network", "underlay", "trusted"), /trusted/);
    await eventually(async () => {
      const { hosts: spanned } = await h1!.client.call("networkGet", { params: { network: "default" } });
      assert.deepEqual(spanned?.map(({ name }) => name).toSorted(), ["h1", "h2", "h3"]);
    });
  });

  it("lets guests on different hosts reach each other by name", async () => {
    await make("two");
    await lodge(h1!, "move", "two", "--to", "h2", "--live");
    await eventually(() => inside("one", "ping -c 1 -W 2 two"));
    await eventually(() => inside("two", "ping -c 1 -W 2 one.lodge.internal"));
  });

  /** Holds a connection to a server outside, says a word in it, and waits for that to come back. */
  const hold = `mkfifo /tmp/in; (sleep 100000 >/tmp/in &); (nc ADDRESS ${outsidePort} </tmp/in >/tmp/out 2>&1 &)`;
  const says = (word: string) =>
    inside(
      "one",
      `echo ${word} >/tmp/in; for i in $(seq 50); do grep -q ${word} /tmp/out && exit 0; sleep 0.2; done; exit 1`,
    );

  it("keeps a connection through the host where it began while its guest moves about", async () => {
    await inside("one", hold.replace("ADDRESS", h3!.address));
    await says("before");
    assert.match(await inside("one", "cat /tmp/out"), new RegExp(`joined by ${h1!.address}`));
    for (const to of ["h2", "h1", "h2"]) {
      await lodge(h1!, "move", "one", "--to", to, "--live");
      await says(`at-${to}-${Math.trunc(performance.now())}`);
    }
    await inside("one", "ping -c 1 -W 2 two");
    assert.match(
      await inside("one", `echo hi | nc -w 2 ${h3!.address} ${outsidePort}`),
      new RegExp(h2!.address),
    );
  });

  it("has each host answer a port that a guest on another one publishes", async () => {
    await lodge(h1!, "set", "two", "--publish", "8080:80");
    await inside("two", "(while :; do echo hello from two | nc -l -p 80; done) >/dev/null 2>&1 &");
    const client = `require("net").connect(8080, "${h1!.address}").on("error", () => process.exit(1)).on("data", (data) => { console.log(String(data)); process.exit(0); })`;
    await eventually(async () =>
      assert.match(await h3!.run([process.execPath, "-e", client], { timeout: 5000 }), /hello from two/),
    );
  });
});

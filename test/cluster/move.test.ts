/** Do guests move between real hosts of a cluster as it is typed, and is each on one host whatever befalls the daemons? */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { hasEnded, type Operation } from "#contract/operation";
import { extendedClipboard, Viewer } from "../vm/console/viewer.ts";
import { text, tinyMemory } from "../vm/daemon.ts";
import { eventually } from "../vm/net/machine.ts";
import type { Host } from "./hosts/host.ts";
import { Hosts } from "./hosts/hosts.ts";

const skip = process.geteuid?.() !== 0 && "it takes root to make hosts";

describe("a guest of a cluster", { skip }, () => {
  let hosts: Hosts;
  let h1: Host;
  let h2: Host;

  before(async () => {
    hosts = await Hosts.start(2, { disk: 2 ** 30 });
    [h1, h2] = hosts.all as [Host, Host];
    const body = { image: "tiny", name: "web", memory: tinyMemory };
    await h1.client.waitFor(await h1.client.call("guestCreate", { body }));
    await typed(h1, "cluster", "init");
    const line = (await typed(h1, "cluster", "token")).trim().split(" ");
    await typed(h2, ...line.slice(1));
    await typed(h1, "network", "underlay", "trusted");
  });
  after(() => hosts?.[Symbol.asyncDispose]());

  async function typed(host: Host, ...words: string[]): Promise<string> {
    const { code, stdout, stderr } = await host.lodge(words);
    const logs = async () => `${await h1.log()}\n--\n${await h2.log()}`;
    assert.equal(
      code,
      0,
      `${host.name}: lodge ${words.join(" ")}\n${stdout}${stderr}\n${code && (await logs())}`,
    );
    return stdout;
  }

  const machines = (host: Host): number =>
    host.processes((argv) => /qemu-system/.test(argv[0] ?? "") && argv.includes("guest=web")).length;
  const guest = (at: Host) => at.client.call("guestGet", { params: { guest: "web" } });

  async function sh(at: Host, script: string): Promise<string> {
    const command = await at.client.exec("web", { argv: ["sh", "-c", script] });
    command.stdin.end();
    const [stdout, { code }] = await Promise.all([text(command.stdout), command.exit]);
    assert.equal(code, 0, script);
    return stdout.trim();
  }

  /** It runs on this host alone, with what it had in memory, and every host says so. */
  async function isOn(host: Host, other: Host): Promise<void> {
    await eventually(async () => {
      for (const at of [host, other]) {
        const found = await guest(at);
        assert.deepEqual([found.state, found.host], ["running", host.name]);
      }
    });
    await eventually(async () => assert.deepEqual([machines(host), machines(other)], [1, 0]));
    for (const at of [host, other]) assert.equal(await sh(at, "cat /dev/shm/kept"), "kept");
    // A template of its image, which came with it, may have been parked there meanwhile, or is just being made.
    await eventually(async () => {
      const names = async (folder: string) =>
        (await other.run(["ls", `${other.home}/${folder}`])).split("\n").filter(Boolean);
      assert.equal((await names("layers")).length, (await names("templates")).length);
      assert.deepEqual(
        (await names("guests")).filter((name) => name.startsWith("g")),
        [],
      );
    });
  }

  /** Counts until it is told to end; what it printed, and how it ended, once it has. */
  let counting: { readonly end: () => void; readonly ended: Promise<[string, { code: number }]> };

  /** Somebody watches its display, and there is a desktop with which he shares copied text. */
  let viewer: Viewer;

  async function watch(host: Host): Promise<void> {
    const desktop = await readFile(join(import.meta.dirname, "desktop.pl"), "utf8");
    await sh(
      host,
      `cat >/dev/shm/desktop.pl <<'E'\n${desktop}\nE\n(perl /dev/shm/desktop.pl >/dev/null 2>&1 &)`,
    );
    const { ticket } = await host.client.call("guestDisplayTicket", { params: { guest: "web" }, body: {} });
    const path = `/v1/guests/web/display?ticket=${ticket}`;
    viewer = await Viewer.open(host.socket, path, { encodings: [7, -223, -308, extendedClipboard] });
    await viewer.until("it is shown", () => viewer.frames > 0);
  }

  it("says what stands in its way, and goes as it is typed", async () => {
    await watch(h1);
    const script = "i=0; while ! read -t 0.01 end; do i=$((i+1)); echo $i; done; exit 7";
    const command = await h1.client.exec("web", { argv: ["sh", "-c", script] });
    counting = {
      end: () => void command.stdin.end("\n"),
      ended: Promise.all([text(command.stdout), command.exit]),
    };
    await sh(h1, "echo kept >/dev/shm/kept; dd if=/dev/urandom of=/dev/vda bs=1M count=4 2>/dev/null; sync");
    const sum = "echo 3 >/proc/sys/vm/drop_caches; dd if=/dev/vda bs=1M count=4 2>/dev/null | md5sum";
    const had = await sh(h1, sum);
    assert.match(await typed(h1, "move", "web", "--to", "h2", "--check"), /web can go to h2 while it runs/);
    assert.match(await typed(h1, "move", "web", "--to", "h2"), /web is on h2; it stood still for \d+ ms/);
    await isOn(h2, h1);
    assert.equal(await sh(h2, sum), had);
  });

  /** It is offered until then: what is offered while nobody is there to hear it is lost. */
  const pastes = (word: string) =>
    viewer.until(`${word} is pasted`, async () => {
      viewer.offer(word);
      return (await sh(h1, "cat /dev/shm/pasted || true")) === word;
    });

  it("has its display's viewer go along, who copies and pastes", async () => {
    await pastes("from afar");
    // What the guest copies goes to whoever acted last: copied before it is known there who that is, it is nobody's.
    await viewer.until("it is copied", async () => {
      viewer.press("a");
      await sh(h1, "echo -n far away >/dev/shm/copy");
      return viewer.copied.at(-1) === "far away";
    });
  });

  it("is moved back by whichever host is asked", async () => {
    assert.match(await typed(h1, "move", "web", "--to", "h1"), /web is on h1/);
    await isOn(h1, h2);
  });

  it("has its display's viewer come back with it, who pastes", async () => {
    await pastes("from here");
    viewer.socket.close();
  });

  it("had a command go on throughout, which loses and doubles nothing of what it says", async () => {
    counting.end();
    const [said, { code }] = await counting.ended;
    const lines = said.trim().split("\n");
    assert.equal(code, 7);
    assert.ok(lines.length > 100, `${lines.length} lines`);
    assert.deepEqual(
      lines,
      Array.from(lines, (_, at) => String(at + 1)),
    );
  });

  it("is refused where it is already, and where there is no such host", async () => {
    const same = await h1.lodge(["move", "web", "--to", "h1"]);
    assert.match(same.stderr, /on h1 already/);
    const none = await h1.lodge(["move", "web", "--to", "h9"]);
    assert.match(none.stderr, /no host h9/);
  });

  /** Begins to move it, slowly, until its disk or memory is on its way. */
  async function underWay(from: Host, to: Host): Promise<Operation> {
    const body = { to: to.name, bandwidth: 8 * 2 ** 20 };
    const operation = await from.client.call("guestMove", { params: { guest: "web" }, body });
    await eventually(async () => {
      const now = await from.client.call("operationGet", { params: { operation: operation.id } });
      assert.equal(hasEnded(now), false, JSON.stringify(now.error));
      assert.match(now.progress.message, /memory/);
    });
    return operation;
  }

  /** Connections of a host's with the ports at which QEMUs take each other's disks. */
  async function direct(host: Host): Promise<number> {
    const said = await host.run(["ss", "-Htn", "state", "established"]);
    return said.split("\n").filter((line) => /:84[89]\d|:85[0-4]\d/.test(line)).length;
  }

  it("goes on where it was when the source's daemon is killed in the midst of it", async () => {
    await underWay(h1, h2);
    assert.equal(await direct(h1), 1);
    await h1.endDaemon();
    await h1.startDaemon();
    await isOn(h1, h2);
  });

  it("goes on where it was when the hosts' cable is cut in the midst of it", async () => {
    const operation = await underWay(h1, h2);
    const both = [
      ["h1", "h2"],
      ["h2", "h1"],
    ] as const;
    await hosts.cables.cut(both);
    await assert.rejects(h1.client.waitFor(operation), { code: "move.cut" });
    assert.equal((await guest(h1)).state, "running");
    await hosts.cables.heal(both);
    await isOn(h1, h2);
  });

  it("goes by the daemons where a firewall lets nothing else through, and on where it was when the target's is killed", async () => {
    const drops = "type filter hook input priority 0\ntcp dport 8480-8543 drop";
    const closed = `table inet closed {\nchain in {\n${drops}\n}\n}\n`;
    await h2.run(["nft", "-f", "-"], { input: closed });
    const operation = await underWay(h1, h2);
    assert.equal(await direct(h1), 0);
    await h2.endDaemon();
    const ended = await h1.client.waitFor(operation).catch((error: unknown) => error);
    assert.ok(ended instanceof Error, JSON.stringify(ended));
    await h2.startDaemon();
    await isOn(h1, h2);
  });

  it("goes when it rests, and starts there", async () => {
    await typed(h1, "stop", "--force", "web");
    assert.match(await typed(h1, "move", "web", "--to", "h2", "--cold"), /web is on h2/);
    await eventually(async () => assert.equal((await guest(h1)).host, "h2"));
    await typed(h1, "start", "web");
    await sh(h1, "echo kept >/dev/shm/kept");
    await isOn(h2, h1);
  });

  it("goes suspended, with its memory", async () => {
    await typed(h2, "suspend", "web");
    assert.match(await typed(h2, "move", "web", "--to", "h1"), /web is on h1/);
    await typed(h2, "start", "web");
    await isOn(h1, h2);
  });
});

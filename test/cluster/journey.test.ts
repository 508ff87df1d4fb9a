/**
 * Do three hosts that are made as the guide says, typed as it stands there, move a guest under a session of SSH and under open
 * consoles in a browser, and does the guest come back when its host is killed?
 */
import assert from "node:assert/strict";
import type { ChildProcess } from "node:child_process";
import { chmod, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import type { Page } from "playwright-core";
import { systemClock } from "#base/clock";
import { exec } from "#base/exec";
import { retry } from "#base/retry";
import { ensureWeb } from "../../tools/web.ts";
import { Visit, type Visited } from "../web/browser.ts";
import { tinyMemory } from "../vm/daemon.ts";
import { readGuide } from "./hosts/guide.ts";
import type { Host } from "./hosts/host.ts";
import { Hosts } from "./hosts/hosts.ts";
import { writeSshInitrd } from "./hosts/ssh-initrd.ts";

const skip = process.geteuid?.() !== 0 && "it takes root to make hosts";
const next = readGuide("cluster.md");
const door = "127.0.0.1:7070";

/** What takes a lease's end, and a boot without KVM. */
const eventually = <T>(attempt: () => Promise<T>): Promise<T> =>
  retry(attempt, { clock: systemClock, first: 50, longest: 500, timeout: 90_000 });

/** What differs from the guide: the guest is a tiny one, whose image has the key already. */
const asHere: Readonly<Record<string, string[]>> = {
  "debian-13": ["tiny", "--memory", `${tinyMemory / 2 ** 20}M`],
  "--ssh-key": [],
  "~/.ssh/id_ed25519.pub": [],
};

describe("the journey of the guide", { skip }, () => {
  let hosts: Hosts;
  let [node1, node2, node3]: Host[] = [];
  let key = "";
  let visit: Visit<Visited> | undefined;
  before(async () => {
    await ensureWeb();
    const initrd = async (path: string) => {
      key = join(path, "../key");
      await exec("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", key]);
      await writeSshInitrd(path, await readFile(`${key}.pub`, "utf8"));
    };
    hosts = await Hosts.start(3, { disk: 2 ** 30, initrd, flags: ["--listen", door] });
    [node1, node2, node3] = hosts.all;
    await furnish();
  });
  after(async () => {
    await visit?.end();
    await hosts?.[Symbol.asyncDispose]();
  });

  /** What the guide takes for given: a mount of all, and a command that says that a host is off. */
  async function furnish(): Promise<void> {
    const shared = join(hosts.folder, "shared");
    await mkdir(shared);
    for (const host of hosts.all) {
      await host.run(["mount", "-t", "tmpfs", "none", "/mnt"]);
      await host.run(["mkdir", "/mnt/nfs"]);
      await host.run(["mount", "--bind", shared, "/mnt/nfs"]);
      await host.run(["mount", "-t", "tmpfs", "none", "/usr/local/sbin"]);
      const device = host.namespace.outside("/usr/local/sbin/power-off");
      await writeFile(device, "#!/bin/sh\n");
      await chmod(device, 0o755);
    }
  }

  async function type(host: Host, words: readonly string[]): Promise<string> {
    assert.equal(words[0], "lodge");
    const { code, stdout, stderr } = await host.lodge(
      words.slice(1).flatMap((word) => asHere[word] ?? [word]),
    );
    assert.equal(code, 0, `${host.name}: ${words.join(" ")}\n${stdout}${stderr}\n${await host.log()}`);
    return stdout;
  }

  it("makes a cluster of three hosts", async () => {
    await type(node1!, next("lodge cluster init"));
    const token = next("lodge cluster token");
    const join = next("lodge cluster join TOKEN");
    for (const [at, host] of [node2!, node3!].entries()) {
      const line = (await type(node1!, token)).trim().split(" ");
      assert.deepEqual(line.slice(0, 3), join.slice(0, 3));
      const own = join
        .slice(4)
        .map((word) => word.replace("node2", `node${at + 2}`).replace(/\.2$/, `.${at + 2}`));
      await type(host, [...line, ...own]);
    }
    await eventually(async () => assert.match(await type(node3!, ["lodge", "cluster", "status"]), /^well/));
    next("lodge cluster status");
    assert.match(await type(node2!, next("lodge cluster ls")), /node1.*\nnode2 \*.*\nnode3/);
    await type(node3!, next("lodge network underlay trusted"));
  });

  /** A session in which the guest counts. */
  let session: ChildProcess;
  const counted: number[] = [];
  let restOfLine = "";
  let complaint = "";
  const count = () => counted.at(-1) ?? -1;

  it("makes a guest, in which a session counts", async () => {
    const pool = next("lodge pool create team");
    for (const host of hosts.all) await type(host, pool);
    const words = next("lodge run debian-13");
    await type(node1!, words);
    const ssh = next("ssh").map((word) => word.replace("debian@", "root@"));
    const unasked = ["StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null", "LogLevel=ERROR"];
    const counting = "i=0; while :; do echo $i; i=$((i+1)); sleep 0.1; done";
    const flags = ["-i", key, ...unasked.flatMap((option) => ["-o", option])];
    const begin = () => {
      session = node3!.namespace.spawn([ssh[0]!, ...flags, ...ssh.slice(1), counting], {
        stdio: ["ignore", "pipe", "pipe"],
      });
      session.stderr!.on("data", (bytes: Buffer) => (complaint = bytes.toString()));
      session.stdout!.on("data", (bytes: Buffer) => {
        const lines = (restOfLine + bytes.toString()).split("\n");
        restOfLine = lines.pop()!;
        counted.push(...lines.map(Number));
      });
    };
    begin();
    // Its server begins a moment after the guest.
    await eventually(async () => {
      if (session.exitCode !== null) begin();
      assert.ok(count() >= 20, complaint);
    });
  });

  let serial: Page;
  let display: Page;
  let lost = 0;
  const row = (words: string) => serial.getByRole("listitem").filter({ hasText: words });
  const typeInConsole = async (word: string) => {
    await serial.getByLabel("Serial console").focus();
    await serial.keyboard.type(`echo ${word}-$((40 + 2))\n`);
    await row(`${word}-42`).first().waitFor();
  };
  const picture = () => display.evaluate<string>("document.querySelector('canvas').toDataURL()");
  /** The guest writes on its screen, and the browser shows another picture than it did. */
  const writeOnScreen = async (word: string) => {
    const before = await picture();
    await type(node1!, ["lodge", "exec", "web", "--", "sh", "-c", `echo ${word} >/dev/tty0`]);
    await eventually(async () => assert.notEqual(await picture(), before));
  };

  it("shows its consoles in a browser at a third host", async () => {
    const chromium = join(hosts.folder, "chromium");
    const net = `/proc/${node3!.namespace.pid}/ns/net`;
    await writeFile(chromium, `#!/bin/sh\nexec nsenter --net=${net} chromium "$@"\n`, { mode: 0o755 });
    const daemon = {
      client: node3!.client,
      url: () => Promise.resolve(`http://${door}`),
      close: () => Promise.resolve(),
    };
    visit = await Visit.at<Visited>(daemon, { executablePath: chromium });
    await visit.signUp();
    await visit.row("web").getByRole("link", { name: "node1" }).waitFor();
    serial = visit.page;
    display = await serial.context().newPage();
    for (const page of [serial, display]) page.on("websocket", (socket) => socket.on("close", () => lost++));
    await serial.goto(`${visit.url}/guests/web/console?view=serial`);
    await typeInConsole("before");
    await display.goto(`${visit.url}/guests/web/console`);
    await display.getByText("connected", { exact: true }).waitFor();
    await writeOnScreen("before");
  });

  it("moves it, and neither the session nor the consoles notice", async () => {
    const before = count();
    assert.match(await type(node3!, next("lodge move web")), /web is on node2; it stood still for \d+ ms/);
    const there = count();
    await eventually(async () => assert.ok(count() > there + 20, complaint));
    assert.ok(there >= before);
    assert.deepEqual(counted, [...counted.keys()]);
    assert.equal(session.exitCode, null);
    await typeInConsole("after");
    await writeOnScreen("after");
    assert.equal(await row("before-42").count(), 1, "what was said before is there, once");
    await display.getByText("connected", { exact: true }).waitFor();
    await serial.getByRole("link", { name: "on node2" }).waitFor();
    assert.equal(lost, 0);
  });

  it("has it come back on another host when its own is killed", async () => {
    await type(node1!, next("lodge volume move web:disk0 team"));
    for (const { name } of hosts.all)
      await type(node1!, next(`lodge fence set ${name.replace("h", "node")}`));
    await type(node1!, next("lodge set web --ha on"));
    await serial.goto(`${visit!.url}/guests`);
    await node2!.crash();
    await eventually(async () => assert.match(await type(node1!, ["lodge", "ls"]), /web +node[13] +running/));
    assert.match(await type(node1!, next("lodge ls")), /web/);
    assert.match(await type(node1!, next("lodge events")), /host.lost/);
    assert.match(await type(node1!, next("lodge cluster status")), /node2 does not answer/);
    await visit!.row("web").getByText("running").waitFor();
    await visit!
      .row("web")
      .getByRole("link", { name: /node[13]/ })
      .waitFor();
  });
});

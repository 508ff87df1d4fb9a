/** Does a guest move with all that a guest can have, whichever kind it is: while it runs, paused, suspended and at rest? */
import assert from "node:assert/strict";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { tone } from "../vm/boot-sector.ts";
import { Ear } from "../vm/console/ear.ts";
import { execIn, tinyMemory } from "../vm/daemon.ts";
import { TpmInGuest } from "../vm/guest/tpm-in-guest.ts";
import { eventually } from "../vm/net/machine.ts";
import type { Host } from "./hosts/host.ts";
import { Hosts } from "./hosts/hosts.ts";

const skip = process.geteuid?.() !== 0 && "it takes root to make hosts";
const memory = `${tinyMemory / 2 ** 20}M`;
const efi = "/sys/firmware/efi/efivars";
const vendor = "5a1f7c52-0b1e-4a53-9d0c-6f2d3a8b9c10";

describe("a guest", { skip }, () => {
  let hosts: Hosts;
  let h1: Host;
  let h2: Host;

  before(async () => {
    hosts = await Hosts.start(2, { disk: 2 * 2 ** 30 });
    [h1, h2] = hosts.all as [Host, Host];
    await typed(h1, "cluster", "init");
    const line = (await typed(h1, "cluster", "token")).trim().split(" ");
    await typed(h2, ...line.slice(1));
    await typed(h1, "network", "underlay", "trusted");
    await typed(h1, "network", "create", "lab", "--kind", "isolated");
  });
  after(() => hosts?.[Symbol.asyncDispose]());

  async function typed(host: Host, ...words: string[]): Promise<string> {
    const { code, stdout, stderr } = await host.lodge(words);
    assert.equal(code, 0, `${host.name}: lodge ${words.join(" ")}\n${stdout}${stderr}\n${await host.log()}`);
    return stdout;
  }
  /** In a guest, whichever host it is on. */
  const inside = {
    exec: (guest: string, argv: readonly string[], input?: string) => execIn(h1.client, guest, argv, input),
    async sh(guest: string, script: string) {
      const { code, stdout, stderr } = await inside.exec(guest, ["sh", "-c", script]);
      assert.equal(code, 0, `'${script}' in ${guest}: ${stderr}`);
      return stdout.trim();
    },
  };
  const { sh } = inside;
  const guest = (name: string) => h1.client.call("guestGet", { params: { guest: name } });
  const isOn = async (name: string, host: Host) =>
    eventually(async () => {
      const { state, host: at } = await guest(name);
      assert.deepEqual([state, at], ["running", host.name]);
    });
  const write = (name: string, disk: string, block: number, word: string) =>
    sh(
      name,
      `printf '%-512s' ${word} | dd of=/dev/${disk} bs=512 seek=${block} conv=notrunc,fsync 2>/dev/null`,
    );
  const read = (name: string, disk: string, block: number) =>
    sh(name, `dd if=/dev/${disk} bs=512 skip=${block} count=1 iflag=direct 2>/dev/null | tr -d ' \\000'`);
  const setVariable = (name: string) =>
    sh(
      "all",
      `mount -t efivarfs none ${efi} 2>/dev/null; printf '\\007\\000\\000\\000x' >${efi}/${name}-${vendor}`,
    );
  const variables = async () =>
    (await sh("all", `umount ${efi} 2>/dev/null; mount -t efivarfs none ${efi} && ls ${efi}`))
      .split("\n")
      .filter((name) => name.endsWith(vendor))
      .map((name) => name.split("-")[0]);
  const tpm = new TpmInGuest(inside, "all");

  it("moves while it runs with UEFI, a TPM, encrypted disks, snapshots, a volume, an ISO and several cards", async () => {
    const iso = Buffer.alloc(64 * 2048);
    iso.write("\x01CD001\x01", 16 * 2048, "latin1");
    iso.write("\xffCD001\x01", 17 * 2048, "latin1");
    const file = join(hosts.folder, "disc.iso");
    await writeFile(file, iso);
    await typed(h1, "image", "import", "--name", "disc", file);
    await typed(h1, "volume", "create", "data", "16M", "--encrypt", "--host", "h1");
    const kinds = ["--firmware", "uefi", "--tpm", "--encrypted", "--network", "default", "--network", "lab"];
    await typed(
      h1,
      "run",
      "tiny",
      "--name",
      "all",
      "--host",
      "h1",
      "--memory",
      memory,
      "--no-start",
      ...kinds,
    );
    await typed(h1, "volume", "attach", "data", "all", "--bus", "virtio-blk");
    await typed(h1, "insert", "all", "disc");
    await typed(h1, "start", "all");
    await tpm.keep("a secret");
    await tpm.extend("before");
    const measured = await tpm.measured();
    await setVariable("First");
    await write("all", "vda", 9, "first");
    await write("all", "vdb", 9, "data");
    await typed(h1, "snapshot", "create", "all", "one");
    await write("all", "vda", 9, "second");
    await setVariable("Second");
    await sh("all", "echo kept >/dev/shm/kept");
    await typed(h1, "snapshot", "create", "all", "two", "--memory");
    await write("all", "vda", 9, "third");
    await setVariable("Third");
    const cards = await sh("all", "cat /sys/class/net/eth*/address");
    const before = await guest("all");

    assert.match(await typed(h1, "move", "all", "--to", "h2"), /all is on h2; it stood still/);
    await isOn("all", h2);
    assert.deepEqual(
      [await read("all", "vda", 9), await read("all", "vdb", 9), await sh("all", "cat /dev/shm/kept")],
      ["third", "data", "kept"],
    );
    assert.deepEqual([await tpm.measured(), await tpm.kept(8)], [measured, "a secret"]);
    assert.deepEqual((await variables()).toSorted(), ["First", "Second", "Third"]);
    assert.equal(await sh("all", "cat /sys/class/net/eth*/address"), cards);
    const now = await guest("all");
    assert.deepEqual([now.nics, now.drives], [before.nics, before.drives]);
    await setVariable("There");
  });

  it("goes back to its snapshots where it is, with its memory and without", async () => {
    await typed(h2, "snapshot", "restore", "all", "two", "--force");
    await isOn("all", h2);
    assert.deepEqual(
      [await read("all", "vda", 9), await sh("all", "cat /dev/shm/kept"), await tpm.kept(8)],
      ["second", "kept", "a secret"],
    );
    assert.deepEqual((await variables()).toSorted(), ["First", "Second"]);
  });

  it("moves suspended, with its memory and what its TPM measured; and stopped", async () => {
    await tpm.extend("more");
    const measured = await tpm.measured();
    await typed(h2, "suspend", "all");
    assert.match(await typed(h2, "move", "all", "--to", "h1"), /all is on h1/);
    await typed(h1, "start", "all");
    await isOn("all", h1);
    assert.deepEqual(
      [await read("all", "vda", 9), await sh("all", "cat /dev/shm/kept"), await tpm.measured()],
      ["second", "kept", measured],
    );
    await typed(h1, "stop", "--force", "all");
    assert.match(await typed(h1, "move", "all", "--to", "h2"), /all is on h2/);
    await typed(h2, "snapshot", "restore", "all", "one");
    await typed(h2, "start", "all");
    await isOn("all", h2);
    assert.deepEqual([await read("all", "vda", 9), await tpm.kept(8)], ["first", "a secret"]);
    assert.deepEqual(await variables(), ["First"]);
    await typed(h2, "rm", "--force", "--snapshots", "all");
  });

  it("moves with the processor, the memory, the volume and the card that it got while it ran", async () => {
    const room = ["--max-cpus", "2", "--max-memory", "512M"];
    await typed(h1, "run", "tiny", "--name", "grown", "--host", "h1", "--memory", "256M", ...room);
    const has = () =>
      sh(
        "grown",
        "grep -c ^processor /proc/cpuinfo; grep MemTotal /proc/meminfo; cat /sys/class/net/*/address",
      );
    const first = await has();
    await typed(h1, "set", "grown", "--cpus", "2", "--memory", "384M");
    await typed(h1, "volume", "create", "more", "16M", "--host", "h1");
    await typed(h1, "volume", "attach", "more", "grown");
    await typed(h1, "nic", "add", "grown", "lab");
    await eventually(async () => assert.equal((await guest("grown")).memoryNow, 384 * 2 ** 20));
    await write("grown", "sda", 9, "more");
    const grown = await has();
    assert.notEqual(grown, first);
    assert.match(await typed(h1, "move", "grown", "--to", "h2"), /grown is on h2; it stood still/);
    await isOn("grown", h2);
    assert.deepEqual([await has(), await read("grown", "sda", 9)], [grown, "more"]);
    await typed(h2, "rm", "--force", "grown");
  });

  it("moves that was forked, where its template is warm at the other host and after it is gone", async () => {
    for (const host of [h1, h2])
      await typed(host, "template", "build", "tiny", "--memory", memory, "--host", host.name);
    for (const name of ["fork", "later"]) {
      await typed(h1, "run", "tiny", "--name", name, "--host", "h1", "--memory", memory);
      assert.equal((await guest(name)).origin.how, "fork");
      await sh(name, `echo ${name} >/dev/shm/kept`);
      await write(name, "vda", 9, name);
    }
    assert.match(await typed(h1, "move", "fork", "--to", "h2"), /fork is on h2; it stood still/);
    const [template] = (await h1.client.call("templateList", {}, { host: "h1" })).map(({ id }) => id);
    await typed(h1, "template", "rm", template!, "--host", "h1");
    assert.match(await typed(h1, "move", "later", "--to", "h2"), /later is on h2; it stood still/);
    for (const name of ["fork", "later"]) {
      await isOn(name, h2);
      assert.deepEqual([await read(name, "vda", 9), await sh(name, "cat /dev/shm/kept")], [name, name]);
    }
  });

  it("moves that is a branch, and leaves what it was branched from where it is; and paused", async () => {
    await typed(h2, "fork", "fork", "--name", "twig");
    await sh("twig", "echo twig >/dev/shm/kept");
    await typed(h2, "pause", "twig");
    assert.match(await typed(h2, "move", "twig", "--to", "h1"), /twig is on h1/);
    assert.equal((await guest("twig")).state, "paused");
    await typed(h1, "resume", "twig");
    await isOn("twig", h1);
    await isOn("fork", h2);
    assert.deepEqual([await read("twig", "vda", 9), await sh("twig", "cat /dev/shm/kept")], ["fork", "twig"]);
    assert.deepEqual([await read("fork", "vda", 9), await sh("fork", "cat /dev/shm/kept")], ["fork", "fork"]);
    for (const name of ["fork", "later", "twig"]) await typed(h1, "rm", "--force", name);
  });

  it("is heard by who listened before it moved, at the same host", async () => {
    const hertz = 440;
    const file = join(hosts.folder, "tone.img");
    await writeFile(file, tone(hertz));
    await typed(h1, "image", "import", "--name", "tone", "--agent", "none", file);
    await typed(
      h1,
      "run",
      "tone",
      "--name",
      "loud",
      "--memory",
      "32M",
      "--network",
      "none",
      "--sound",
      "--host",
      "h1",
    );
    const body = { viewOnly: true };
    const { ticket } = await h1.client.call("guestDisplayTicket", { params: { guest: "loud" }, body });
    const ear = new Ear(h1.socket, `/v1/guests/loud/sound?ticket=${ticket}`);
    await once(ear.socket, "open");
    const isTheTone = async () => {
      const pitch = await ear.pitch();
      assert.ok(Math.abs(pitch - hertz) < hertz / 50, `${pitch} Hz`);
    };
    await isTheTone();
    await typed(h1, "move", "loud", "--to", "h2");
    await isTheTone();
    ear.socket.close();
    await typed(h1, "rm", "--force", "loud");
  });
});

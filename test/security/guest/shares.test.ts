/**
 * What a guest's owner tries with a shared folder: as root in the guest, and, once he has taken over what serves it, from
 * there. The second is a program of the test's in that cell, which says of each attempt whether it worked.
 */
import assert from "node:assert/strict";
import { chmodSync, chownSync, closeSync, mkdtempSync, openSync, readFileSync } from "node:fs";
import { existsSync, lstatSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { after, before, describe } from "node:test";
import { exec } from "#base/exec";
import { keepDescriptors } from "#base/inheritance";
import { waitGone } from "#base/process";
import { openFolder } from "#domain/guest/share/folder";
import { findCells } from "#hypervisor/cell/host";
import { idMaps } from "#hypervisor/share/ids";
import { startBeside } from "#hypervisor/share/virtiofsd";
import { TestLodge } from "../../vm/daemon.ts";
import { attack } from "../attack.ts";

const root = process.getuid?.() === 0 ? false : "it has to be root";
const owner = 23_456;

/** Each line: a name, and perl that is true where it worked. /shared-folder is it. */
const attempts = `
read the host's passwords	open my $f, '<', '/etc/shadow'
climb out of the folder	-e "/shared-folder/../$beside"
follow a link to the host	symlink('/etc/shadow', '/shared-folder/link') && open my $f, '<', '/shared-folder/link'
follow a link that the host has there	open my $f, '<', '/shared-folder/planted'
see another guest's folder	-e "/tmp/$beside/secret"
give a file to somebody of the host	open(my $f, '>', '/shared-folder/gift') && chown(70000, 70000, '/shared-folder/gift')
make a device	call(133, '/shared-folder/device', 0020666, 0x105)
make a pipe	call(133, '/shared-folder/pipe', 0010666, 0)
make a program that runs as its owner	open(my $f, '>', '/shared-folder/suid') && chmod(04755, '/shared-folder/suid')
make one as it is made	call(2, '/shared-folder/suid2', 0101, 04755)
make one by a call whose mode is hidden	call(437, -100, '/shared-folder/suid3', pack('QQQ', 0101, 04755, 0), 24)
write to a file of root's	open my $f, '>>', '/shared-folder/roots'
read a file of root's that is closed to others	open my $f, '<', '/shared-folder/roots'
see processes of the host	opendir(P, '/proc') && 1 < grep { /^[0-9]+$/ } readdir P
see the host's network	open(N, '<', '/proc/net/dev') && grep { /:/ && !/^ *lo:/ } <N>
change a setting of the kernel	open my $f, '>', '/proc/sys/kernel/core_pattern'
mount something	call(165, 'none', '/shared-folder', 'tmpfs', 0, 0)
have a namespace of mounts	call(272, 0x20000)
have a namespace of users	call(272, 0x10000000)
be traced	call(101, 0, 0, 0, 0)
`;

describe("a shared folder", { skip: root }, () => {
  const folder = mkdtempSync("/tmp/lodge-shared-");
  const other = mkdtempSync("/tmp/lodge-other-");
  const work = mkdtempSync("/tmp/lodge-cell-of-share-");
  let lodge: TestLodge;
  const control = mkdtempSync("/tmp/lodge-control-");
  let outcomes: ReadonlyMap<string, string>;
  let controls: ReadonlyMap<string, string>;
  before(async () => {
    keepDescriptors();
    chownSync(folder, owner, owner);
    symlinkSync("/etc/shadow", join(folder, "planted"));
    writeFileSync(join(folder, "roots"), "root's own", { mode: 0o600 });
    writeFileSync(join(other, "secret"), "a neighbour's");
    chmodSync(other, 0o755);
    outcomes = await takenOver();
    symlinkSync("/etc/shadow", join(control, "planted"));
    writeFileSync(join(control, "roots"), "root's own", { mode: 0o600 });
    controls = await outside();
    lodge = await TestLodge.start(undefined, { parked: false });
    await lodge.run({ name: "g", shares: [{ path: folder, name: "code", at: "/data" }] });
    await lodge.sh("g", 'until grep -q " /data virtiofs" /proc/mounts; do sleep 0.1; done');
  });
  after(async () => {
    try {
      await lodge?.[Symbol.asyncDispose]();
    } finally {
      for (const one of [folder, other, work, control]) rmSync(one, { recursive: true, force: true });
    }
  });

  const script = (at: string): string => {
    const tries = attempts
      .trim()
      .replaceAll("/shared-folder", at)
      .split("\n")
      .map((line) => {
        const [name = "", code = ""] = line.split("\t");
        return `$! = 0; print((eval { ${code} } ? 'got' : 'refused'), "\\t${name}\\n");`;
      });
    const call = "sub call { my @a = @_; return syscall(shift @a, @a) != -1 }";
    return [`$| = 1; my $beside = '${basename(other)}'; ${call}`, ...tries, 'print "end\\n"'].join("\n");
  };

  function said(text: string): ReadonlyMap<string, string> {
    assert.match(text, /^end$/m, text);
    const rows = text.split("\n").map((line) => line.split("\t"));
    return new Map(rows.filter(({ length }) => length > 1).map(([got = "", name = ""]) => [name, got]));
  }

  async function takenOver(): Promise<ReadonlyMap<string, string>> {
    const log = join(work, "log");
    closeSync(openSync(log, "a"));
    using opened = openFolder(folder);
    const ids = idMaps(opened, 0x7000_0001);
    const cell = await findCells("qemu-system-x86_64");
    const { process: attacker } = await startBeside(
      { path: folder, folder: opened.descriptor, readOnly: false, ids, log, cell },
      { program: "/usr/bin/perl", args: ["-e", script("/shared-folder")], descriptors: [] },
    );
    assert.ok(await waitGone(attacker, 30_000));
    return said(readFileSync(log, "utf8"));
  }

  /** The same as root of the host, in mounts of its own: what does not work there either proves nothing. */
  async function outside(): Promise<ReadonlyMap<string, string>> {
    const args = ["--mount", "--", "perl", "-e", script(control)];
    return said((await exec("unshare", args)).stdout);
  }

  const refused = (name: string) => {
    assert.equal(outcomes.get(name), "refused", name);
    assert.equal(controls.get(name), "got", `outside: ${name}`);
  };
  const fails = async (script: string) => {
    const { code, stdout } = await lodge.exec("g", ["sh", "-c", script]);
    assert.notEqual(code, 0, `it worked: ${stdout}`);
  };

  attack("who took over what serves it reads the host's passwords", () =>
    refused("read the host's passwords"),
  );
  attack("he climbs out of the folder", () => refused("climb out of the folder"));
  attack("he follows a link of his own to the host", () => refused("follow a link to the host"));
  attack("he follows a link that lies there", () => refused("follow a link that the host has there"));
  attack("he sees another guest's folder", () => refused("see another guest's folder"));
  attack("he makes a file that is root's", () => {
    const made = readdirSync(folder).filter((name) => !["planted", "roots"].includes(name));
    assert.ok(made.includes("gift"));
    for (const name of made) assert.notEqual(lstatSync(join(folder, name)).uid, 0, name);
  });
  attack("he gives a file to somebody of the host", () => refused("give a file to somebody of the host"));
  attack("he makes a device", () => refused("make a device"));
  attack("he makes a pipe that a program of the host waits at", () => refused("make a pipe"));
  attack("he makes a program that runs as its owner", () => refused("make a program that runs as its owner"));
  attack("he makes such a one from the start", () => refused("make one as it is made"));
  attack("he makes one by a newer call", () => refused("make one by a call whose mode is hidden"));
  attack("he writes to root's file there", () => refused("write to a file of root's"));
  attack("he reads root's file there", () => refused("read a file of root's that is closed to others"));
  attack("he mounts something", () => refused("mount something"));
  attack("he makes a namespace of users", () => refused("have a namespace of users"));
  attack("he makes a namespace of mounts", () => refused("have a namespace of mounts"));
  attack("he sees the host's processes", () => refused("see processes of the host"));
  attack("he sees the host's network", () => refused("see the host's network"));
  attack("he changes a setting of the kernel", () => refused("change a setting of the kernel"));
  attack("he uses what traces processes", () => refused("be traced"));

  attack("root in the guest reads the host's passwords by a link that he puts there", async () => {
    await lodge.sh("g", "ln -s /etc/shadow /data/shadow");
    await fails("cat /data/shadow");
  });
  attack("root in the guest reads by a link that lies there", () => fails("cat /data/planted"));
  attack("root in the guest makes a device of the host's", async () => {
    await fails("mknod /data/disk b 8 0");
    assert.ok(!existsSync(join(folder, "disk")));
  });
  attack("root in the guest makes a program that whoever runs it on the host runs as its owner", async () => {
    await lodge.exec("g", ["sh", "-c", "echo '#!/bin/sh' >/data/tool; chmod 6755 /data/tool"]);
    assert.equal(lstatSync(join(folder, "tool")).mode & 0o6000, 0);
  });
  attack("root in the guest reads root's file of the host", () => fails("cat /data/roots"));
  attack("root in the guest takes root's file of the host", async () => {
    await fails("chown 0:0 /data/roots && cat /data/roots");
    assert.equal(lstatSync(join(folder, "roots")).uid, 0);
  });
  attack("root in the guest mounts the folder of another guest", async () => {
    await fails("mkdir -p /x && mount -t virtiofs other /x");
    await fails(`ls /data/../${other.slice(5)} /data/../../${other.slice(5)}`);
    assert.deepEqual(readdirSync(other), ["secret"]);
  });
});

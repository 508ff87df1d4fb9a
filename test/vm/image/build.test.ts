/** Does the Debian image that Lodge builds boot, by every firmware, as nobody in particular? Slow: minutes. */
import assert from "node:assert/strict";
import { copyFile, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { exec } from "#base/exec";
import { inspect } from "#hypervisor/disk/inspect";
import { buildDebian } from "#hypervisor/image/build-debian";
import { readRecipe } from "#hypervisor/image/recipe";
import { recipesFolder } from "#hypervisor/image/recipe-digest";
import { seedFiles } from "#hypervisor/image/seed-contents";
import { seedVolume } from "#hypervisor/image/seed";
import { debianImage } from "../debian-image.ts";
import { boot } from "./boot.ts";

const rootOffset = 66 * 2 ** 20;
const ovmf = "/usr/share/OVMF";

describe("a Debian image", { timeout: 1_800_000 }, () => {
  let image = "";
  let folder = "";
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "lodge-build-test-"));
    image = (await debianImage()).path;
  });
  after(() => rm(folder, { recursive: true }));

  /** A file's text as it lies in the image's root file system; "" where there is none. */
  const read = async (path: string): Promise<string> => {
    const { stdout } = await exec("debugfs", ["-R", `cat ${path}`, `${image}?offset=${rootOffset}`]);
    return stdout;
  };

  const firmware = async (code: string, vars: string): Promise<string[]> => {
    const own = join(folder, vars);
    await copyFile(join(ovmf, vars), own);
    const flash = "if=pflash,format=raw";
    return ["-drive", `${flash},readonly=on,file=${join(ovmf, code)}`, "-drive", `${flash},file=${own}`];
  };

  it("takes the space of what is in it, and says what boots it", async () => {
    const info = await inspect(image);
    assert.deepEqual([info.format, info.virtualSize, info.firmware], ["raw", 10 * 2 ** 30, ["bios", "uefi"]]);
    assert.ok(info.actualSize < 2 ** 30);
    await exec("sfdisk", ["--verify", image]);
  });

  it("holds nobody's identity", async () => {
    assert.equal(await read("/etc/machine-id"), "");
    const { stdout } = await exec("debugfs", ["-R", "ls -p /etc/ssh", `${image}?offset=${rootOffset}`]);
    assert.doesNotMatch(stdout, /ssh_host_/);
    assert.match(stdout, /sshd_config/);
    assert.equal(await read("/var/lib/systemd/random-seed"), "");
    const shadow = await read("/etc/shadow");
    assert.match(shadow, /^root:[*!]/m);
    assert.match(shadow, /^debian:!/m);
    assert.match(
      await read("/etc/apt/sources.list.d/debian.sources"),
      /URIs: http:\/\/deb\.debian\.org\/debian\n/,
    );
  });

  it("boots by BIOS, takes its seed from the CD and lets its user become root", async () => {
    const seed = join(folder, "seed.iso");
    const userData = "#cloud-config\npassword: secret\nchpasswd: { expire: false }\n";
    await writeFile(
      seed,
      seedVolume(seedFiles({ instanceId: "i1", hostname: "web-1", sshKeys: [], userData })),
    );
    await boot(image, ["-M", "q35", "-cdrom", seed], async (guest) => {
      await guest.until("web-1 login: ", 400);
      guest.type("debian\n");
      await guest.until("Password: ", 60);
      guest.type("secret\n");
      await guest.until("debian@web-1:~$ ", 120);
      guest.type("sudo grep -c . /etc/machine-id; sudo systemctl is-active lodge-agent; echo the-e''nd\n");
      const said = await guest.until("the-end", 60);
      assert.match(said, /^1\r?$/m);
      assert.match(said, /^active\r?$/m);
    });
  });

  it("boots by UEFI with secure boot on", async () => {
    const flash = await firmware("OVMF_CODE_4M.ms.fd", "OVMF_VARS_4M.ms.fd");
    const secure = ["-global", "driver=cfi.pflash01,property=secure,value=on"];
    await boot(image, ["-M", "q35,smm=on", ...secure, ...flash], async (guest) => {
      // Its root file system is looked at: from there on it is what BIOS came to as well.
      await guest.until("root: clean, ", 400);
    });
  });

  it("is left behind by a build that is aborted: nothing, but its log", async () => {
    const { recipe } = await readRecipe(recipesFolder, "debian-13");
    assert.equal(recipe.kind, "debian");
    if (recipe.kind !== "debian") return;
    const abort = new AbortController();
    const reason = new RangeError("enough");
    const target = join(folder, "aborted.raw");
    const onProgress = ({ message }: { message: string }) => {
      if (message === "Installing the base system") abort.abort(reason);
    };
    const logFile = join(folder, "build.log");
    await assert.rejects(buildDebian({ recipe, target, logFile, signal: abort.signal, onProgress }), reason);
    const left = (await readdir(folder)).filter(
      (name) => name.startsWith("lodge-build-") || name === "aborted.raw",
    );
    assert.deepEqual(left, []);
    assert.doesNotMatch(await readFile("/proc/self/mountinfo", "utf8"), /lodge-build-/);
    assert.ok((await stat(logFile)).size > 0);
  });
});

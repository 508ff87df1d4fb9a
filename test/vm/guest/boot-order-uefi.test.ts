/** Does UEFI start from what a guest's owner says? By two programs that say by one sign each that they run. */
import assert from "node:assert/strict";
import { mkdtemp, open, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { bootableIso, efiVolume, halt, reset, say64 } from "../bootable.ts";
import { MiB, TestLodge } from "../daemon.ts";

describe("a guest with UEFI", () => {
  let lodge: TestLodge;
  let folder = "";
  let iso = "";
  before(async () => {
    folder = await mkdtemp("/tmp/lodge-vm-scratch-");
    iso = join(folder, "installer.iso");
    await writeFile(iso, bootableIso(efiVolume([...say64("@"), ...reset]), "uefi"));
    lodge = await TestLodge.start(undefined, { parked: false });
  });
  after(async () => {
    await rm(folder, { recursive: true, force: true });
    await lodge?.[Symbol.asyncDispose]();
  });

  /** A guest with this ISO and an empty disk, or one from which it boots; not started. */
  const make = async (name: string, boot: "disk" | "cdrom", disk: "empty" | "installed") => {
    await lodge.done(
      lodge.client.call("guestCreate", {
        body: {
          name,
          iso,
          boot,
          firmware: "uefi",
          memory: 160 * MiB,
          network: [],
          disks: [{ size: 32 * MiB, format: "raw" }],
          start: false,
        },
      }),
    );
    const layers = join(lodge.home, "layers");
    const [file] = (await readdir(layers)).filter((layer) => layer.endsWith(".raw"));
    if (disk === "empty") return;
    await using handle = await open(join(layers, file!), "r+");
    await handle.write(efiVolume([...say64("#"), ...halt]), 0, undefined, 0);
  };
  const start = (guest: string) => lodge.done(lodge.client.call("guestStart", { params: { guest } }));
  /** Waits until the signs that were said are these. */
  const says = async (guest: string, signs: RegExp) => {
    for (let tries = 0; ; tries++) {
      const log = await lodge.client.call("guestLogs", { params: { guest }, query: { tail: 100_000 } });
      const said = String(log).replaceAll(/[^@#]/g, "");
      if (signs.test(said)) return;
      assert.ok(tries < 1200, `it said '${said}': ${String(log).slice(-2000)}`);
      await delay(100);
    }
  };

  it("passes over an empty disk and starts the installer, where disks come first", async () => {
    await make("empty", "disk", "empty");
    await start("empty");
    await says("empty", /^@@/);
    await lodge.remove("empty");
  });

  it("starts from the drive until it is told otherwise, from its next reboot on", async () => {
    await make("told", "cdrom", "installed");
    await start("told");
    await says("told", /^@@/);
    await lodge.client.call("guestUpdate", { params: { guest: "told" }, body: { boot: "disk" } });
    await says("told", /^@+#$/);
    await lodge.done(lodge.client.call("guestStop", { params: { guest: "told" }, body: { force: true } }));
    await start("told");
    await says("told", /^@+##$/);
    await lodge.remove("told");
  });
});

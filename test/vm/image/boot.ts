/** Boots a disk in a bare QEMU, without hardware acceleration, and talks to it over its serial console. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { createOverlay } from "#hypervisor/disk/create";

export interface Booted {
  /** Waits until the console shows `text` behind what was waited for before; answers with all up to it. */
  until(text: string, seconds: number): Promise<string>;
  type(text: string): void;
}

/**
 * Boots an overlay of the raw disk `image`, calls `use` and removes everything again.
 *
 * @param extra QEMU's arguments for firmware and further devices.
 */
export async function boot(
  image: string,
  extra: readonly string[],
  use: (guest: Booted) => Promise<void>,
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "lodge-boot-"));
  const disk = join(folder, "disk.qcow2");
  await createOverlay(disk, { backing: image, backingFormat: "raw" });
  const base = [
    "-accel",
    "tcg",
    "-m",
    "512",
    "-display",
    "none",
    "-nodefaults",
    "-serial",
    "stdio",
    "-no-user-config",
  ];
  const drive = ["-drive", `file=${disk},format=qcow2,if=virtio`];
  const qemu = spawn("qemu-system-x86_64", [...base, ...drive, ...extra], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const ended = once(qemu, "exit");
  let console = "";
  qemu.stdout.on("data", (chunk: Buffer) => (console += chunk.toString()));
  try {
    await use({
      type: (text) => qemu.stdin.write(text),
      async until(text, seconds) {
        const end = Date.now() + seconds * 1000;
        for (;;) {
          const at = console.indexOf(text);
          if (at >= 0) {
            const shown = console.slice(0, at + text.length);
            console = console.slice(shown.length);
            return shown;
          }
          if (Date.now() > end || qemu.exitCode !== null)
            throw new RangeError(`no '${text}' in:\n${console.slice(-2000)}`);
          await delay(100);
        }
      },
    });
  } finally {
    qemu.kill("SIGKILL");
    await ended;
    await rm(folder, { recursive: true });
  }
}

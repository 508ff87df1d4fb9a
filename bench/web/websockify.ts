/**
 * The peer of a desktop in the browser: noVNC's own viewer in a page, served by websockify, which also puts QEMU's VNC on a
 * WebSocket. Both are as they are published; the page is what noVNC's own would do by its defaults.
 */
import { spawn } from "node:child_process";
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { systemClock } from "#base/clock";
import { retry } from "#base/retry";
import { installed } from "#hypervisor/host/facts";
import { checkout } from "../lodge.ts";

const page = `<!doctype html><title>noVNC</title>
<style>html,body,#screen{margin:0;width:100%;height:100%;overflow:hidden}</style><div id="screen"></div>
<script type="module">
import RFB from "/core/rfb.js";
globalThis.watch = () => {
  const rfb = new RFB(document.getElementById("screen"), location.origin.replace("http", "ws") + "/websockify");
  rfb.scaleViewport = true;
  rfb.addEventListener("connect", () => rfb.focus());
};
if (location.hash !== "#later") watch();
</script>`;

/** Added to its address, the page waits until \`watch\` is called in it. */
export const later = "#later";

/** Why there can be none here; undefined where there can. */
export async function websockifyMissing(): Promise<string | undefined> {
  if (await installed("websockify")) return undefined;
  return "websockify is not installed (on Debian: apt install --no-install-recommends websockify).";
}

export interface Websockify {
  readonly url: string;
  end(): Promise<void>;
}

/** On QEMU's socket; `folder` is made for what it serves. */
export async function startWebsockify(folder: string, qemu: string): Promise<Websockify> {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "index.html"), page);
  for (const part of ["core", "vendor"])
    symlinkSync(join(checkout, "node_modules/@novnc/novnc", part), join(folder, part));
  const port = await freePort();
  const words = [`--web=${folder}`, `--unix-target=${qemu}`, `127.0.0.1:${port}`];
  const server = spawn("websockify", words, { stdio: "ignore", cwd: "/" });
  const gone = new Promise<void>((resolve) => server.once("close", () => resolve()));
  const url = `http://127.0.0.1:${port}/`;
  const end = async () => {
    server.kill();
    await gone;
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    const ask = async () => void (await (await fetch(url)).text());
    await retry(ask, { clock: systemClock, first: 50, longest: 250, timeout: 20_000 });
  } catch (error) {
    await end();
    throw error;
  }
  return { url, end };
}

/** A port that nobody has just now: websockify does not say which it took. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/**
 * `npm run dev`: the web interface with each change in the page at once, over the real daemon, whose QEMU is
 * the stand-in of the tests: no machine runs, and nothing of this computer's Lodge or network is touched.
 *
 *   npm run dev              a few guests
 *   npm run dev -- --empty   none
 */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { FakedDaemon } from "../test/fakes/faked-daemon.ts";
import { furnish } from "../test/fakes/furnish.ts";
import { flags } from "./reported.ts";

const checkout = join(import.meta.dirname, "..");
const { empty = false } = flags({ empty: { type: "boolean" } });

const daemon = await FakedDaemon.start({ listen: true });
const url = await daemon.url();
if (!empty) await furnish(daemon.client);
const { code } = await daemon.client.call("signInLink");

const vite = spawn(
  process.execPath,
  [join(checkout, "node_modules/vite/bin/vite.js"), "--config", "tools/vite.config.ts"],
  { cwd: checkout, stdio: ["ignore", "inherit", "inherit"], env: { ...process.env, LODGE_DEV_DAEMON: url } },
);
console.log(`A daemon for development runs at ${url}, its home is ${daemon.paths.home}`);
console.log(`To sign in, open the address below with /#/welcome?code=${code}`);
console.log("Ctrl-C ends both, and leaves nothing.");

const ended = new Promise<void>((resolve) => {
  vite.once("exit", () => resolve());
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => resolve());
});
await ended;
vite.kill("SIGTERM");
await daemon.close();
process.exit(0);

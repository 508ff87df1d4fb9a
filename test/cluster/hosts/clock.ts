/**
 * Loaded before a daemon by NODE_OPTIONS, it moves what the daemon takes for the time by the milliseconds in a file: the kernel
 * has no time of day of a namespace's own. What is measured by the monotonic clock, timers too, goes on as it is, which is
 * what a jump of a real clock does. Programs that are no Node (etcd, QEMU) do not see it.
 */
import { readFileSync } from "node:fs";

const file = process.env["LODGE_TEST_CLOCK"];
const RealDate = Date;
let offset = 0;

function read(): void {
  try {
    offset = Number(readFileSync(file!, "utf8"));
  } catch {
    offset = 0;
  }
}

if (file !== undefined) {
  read();
  setInterval(read, 50).unref();
  const now = () => RealDate.now() + offset;
  globalThis.Date = new Proxy(RealDate, {
    construct: (target, values, as) =>
      Reflect.construct(target, values.length === 0 ? [now()] : values, as) as object,
    apply: () => new RealDate(now()).toString(),
    get: (target, key) => (key === "now" ? now : (Reflect.get(target, key) as unknown)),
  });
}

/**
 * A stand-in for a daemon that holds its place in a cluster: tells its fence of guests, over and over, in a process of its own that a
 * test can stop and kill. fence-teller RUN SPAN GUESTS: SPAN milliseconds are said each time.
 */
import { join } from "node:path";
import { bootTime } from "#base/libc";
import { silentLog } from "#base/log";
import { Fence } from "#hypervisor/fence/fence";
import type { Held } from "#hypervisor/fence/watch";

const [run, span, guests] = process.argv.slice(2) as [string, string, string];
const onEnded = (ids: readonly string[]) => process.stdout.write(`ended ${ids.join(",")}\n`);
const fence = new Fence({ run, logFile: join(run, "fence.log"), log: silentLog, onEnded });
process.stdout.write(`adopted ${await fence.adopt()}\n`);
for (;;) {
  await fence.tell({ until: bootTime() + Number(span), guests: JSON.parse(guests) as Held[] });
  process.stdout.write(`told ${fence.process?.pid}\n`);
  await new Promise((resolve) => setTimeout(resolve, Number(span) / 5));
}

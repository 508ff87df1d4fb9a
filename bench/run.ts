/**
 * `npm run bench -- NAME…`: measures, and writes docs/benchmarks.md. `all` measures everything.
 *
 *   --quick        each thing twice, a few guests, nothing written down: do the rows still work?
 *   --guests N     guests of the rows that stand on many (default 100)
 *   --disk FILE    take this disk in place of building the image
 *   --desktop FILE take this disk in place of building the image of a desktop
 *   --minutes N    how long a desktop's sound is listened to (default 3)
 *
 * Figures are judged by who reads them: a bar that is not met does not make this fail.
 */
import { parseArgs } from "node:util";
import { removeClusters } from "./cluster.ts";
import { removeLibvirt } from "./libvirt-move.ts";
import { desktopImage, desktopShape } from "./desktop/desktop-guest.ts";
import { Lodge } from "./lodge.ts";
import { machine } from "./machine.ts";
import { MeasuredRow } from "./measured-row.ts";
import { removeAll } from "./raw-qemu.ts";
import { printResult, record, unfinished } from "./report.ts";
import type { Extent, Row } from "./row.ts";
import { apiEvents } from "./rows/api-events.ts";
import { apiList } from "./rows/api-list.ts";
import { branch } from "./rows/branch.ts";
import { cell } from "./rows/cell.ts";
import { clusterApi } from "./rows/cluster-api.ts";
import { coldBoot } from "./rows/cold-boot.ts";
import { daemon } from "./rows/daemon.ts";
import { density } from "./rows/density.ts";
import { disk } from "./rows/disk.ts";
import { desktopBytes } from "./rows/desktop-bytes.ts";
import { desktopClick } from "./rows/desktop-click.ts";
import { desktopClipboard } from "./rows/desktop-clipboard.ts";
import { desktopCrowd } from "./rows/desktop-crowd.ts";
import { desktopKey } from "./rows/desktop-key.ts";
import { desktopMemory } from "./rows/desktop-memory.ts";
import { desktopReturn } from "./rows/desktop-return.ts";
import { desktopSound } from "./rows/desktop-sound.ts";
import { desktopTerminal } from "./rows/desktop-terminal.ts";
import { display } from "./rows/display.ts";
import { firewall } from "./rows/firewall.ts";
import { fork } from "./rows/fork.ts";
import { drain } from "./rows/drain.ts";
import { failover } from "./rows/failover.ts";
import { ls } from "./rows/ls.ts";
import { move } from "./rows/move.ts";
import { moveBusy } from "./rows/move-busy.ts";
import { moveLocalDisk } from "./rows/move-local-disk.ts";
import { moveTcp } from "./rows/move-tcp.ts";
import { net } from "./rows/net.ts";
import { noisy } from "./rows/noisy.ts";
import { ping } from "./rows/ping.ts";
import { placement } from "./rows/placement.ts";
import { snapshot } from "./rows/snapshot.ts";
import { startAgain } from "./rows/start-again.ts";
import { suspend } from "./rows/suspend.ts";
import { webEvents } from "./rows/web-events.ts";
import { webKey } from "./rows/web-key.ts";
import { webScroll } from "./rows/web-scroll.ts";
import { webStart } from "./rows/web-start.ts";
import { tenAtOnce } from "./rows/ten-at-once.ts";

/** In the order in which they are measured: those that stand on a crowd one after another. */
const rows: readonly Row[] = [
  startAgain,
  cell,
  fork,
  ping,
  tenAtOnce,
  branch,
  suspend,
  noisy,
  net,
  disk,
  snapshot,
  firewall,
  placement,
  move,
  moveBusy,
  moveLocalDisk,
  moveTcp,
  coldBoot,
  density,
  ls,
  daemon,
  apiList,
  apiEvents,
  clusterApi,
  drain,
  failover,
  display,
  webKey,
  webEvents,
  webStart,
  webScroll,
  desktopClick,
  desktopTerminal,
  desktopCrowd,
  desktopReturn,
  desktopMemory,
  desktopKey,
  desktopBytes,
  desktopSound,
  desktopClipboard,
];

const say = (line: string) => console.log(line);

function chosen(names: readonly string[]): readonly Row[] | undefined {
  if (names.includes("all")) return rows;
  const unknown = names.filter((name) => !rows.some((row) => row.name === name));
  if (names.length > 0 && unknown.length === 0) return rows.filter(({ name }) => names.includes(name));
  if (unknown.length > 0) say(`There is no row ${unknown.join(", ")}.`);
  say(
    "Usage: npm run bench -- NAME… | all [--quick] [--guests N] [--minutes N] [--disk FILE] [--desktop FILE]\n",
  );
  for (const { name, title } of rows) say(`  ${name.padEnd(17)} ${title}`);
  return undefined;
}

/** What was typed; undefined where that is no sense, which is said. */
function words() {
  const options = {
    quick: { type: "boolean", default: false },
    guests: { type: "string" },
    disk: { type: "string" },
    desktop: { type: "string" },
    minutes: { type: "string" },
  } as const;
  try {
    const given = parseArgs({ allowPositionals: true, options });
    const wrong = (["guests", "minutes"] as const).find(
      (name) => !/^[1-9]\d*$/.test(given.values[name] ?? "1"),
    );
    if (wrong === undefined) return given;
    say(`--${wrong}: '${given.values[wrong]}' is not a number of ${wrong}.`);
  } catch (error) {
    say((error as Error).message);
  }
  return undefined;
}

async function main(): Promise<number> {
  const given = words();
  const wanted = given && chosen(given.positionals);
  if (!given || !wanted) return 2;
  const { values } = given;
  const { quick } = values;
  const extent: Extent = {
    quick,
    times: (full) => (quick ? 2 : full),
    guests: Number(values.guests ?? (quick ? 4 : 100)),
    minutes: Number(values.minutes ?? (quick ? 1 : 3)),
  };
  const lodge = Lodge.make();
  const clean = async () => {
    await removeClusters();
    await removeAll();
    await removeLibvirt();
    await lodge.close();
  };
  let cleaning: Promise<void> | undefined;
  // Whoever is interrupted cleans up, and so does what was interrupted: the one waits for the other.
  const close = () => (cleaning ??= clean());
  let current: MeasuredRow | undefined;
  let interruption = false;
  const keepPart = async (why: string) => {
    if (!current?.kept || quick) return;
    const part = unfinished(current.kept, why);
    printResult(part, say);
    await record(current.row, part, current.on);
  };
  const interrupted = () => {
    interruption = true;
    say("\nInterrupted: cleaning up");
    void keepPart("it was interrupted")
      .finally(close)
      .catch((error: unknown) => console.error("Not everything was cleaned up:", error))
      .finally(() => process.exit(130));
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, interrupted);
  let failed = 0;
  try {
    say(`The benchmarks' own Lodge is at ${lodge.paths.home}`);
    await lodge.answering();
    if (!wanted.every(({ bare }) => bare)) await lodge.prepare(values.disk, say);
    if (wanted.some(({ desktop }) => desktop)) {
      await lodge.getImage(desktopImage, values.desktop, say, true);
      say("Waiting for its template");
      await lodge.parked(desktopImage, desktopShape);
    }
    const host = await lodge.client.call("hostGet");
    for (const row of wanted) {
      if (interruption) break;
      say(`\n── ${row.name}: ${row.title}`);
      current = new MeasuredRow(row, await machine(host));
      try {
        const result = await current.measure(lodge, extent, (line) => say(`   ${line}`));
        if (interruption) break;
        printResult(result, say);
        if (!quick) await record(row, result, current.on);
      } catch (error) {
        failed++;
        if (interruption) break;
        console.error(`${row.name} could not be measured${current.kept ? " to its end" : ""}:`, error);
        await keepPart(`it failed with "${(error as Error).message.split("\n")[0]}"`);
        await removeClusters();
        await removeAll();
        await current.over();
      }
    }
  } finally {
    say("\nCleaning up");
    await close();
  }
  return failed === 0 ? 0 : 1;
}

process.exit(await main());

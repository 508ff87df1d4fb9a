/**
 * `node test/cluster/checker/run.ts`: kills, stops, cuts off and confuses hosts while they run guests, and says whether a guest ran
 * twice, was lost, or lost anything that was acknowledged. As root; docs/checker.md says how it finds out.
 *
 *   --seed N        which faults come, and what is asked for (default: of the time)
 *   --minutes M     how long (default 2)
 *   --hosts N       on how many hosts (default 3)
 *   --guests N      with how many guests at a time (default 6)
 *   --only NAME     only this fault; may be given again
 *   --keep FILE     keep the history there, as JSON
 *   --logs FOLDER   keep what the hosts have logged there
 *   --judge FILE    judge a history that was kept, and run nothing
 */
import { readFile, writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { analyse, summary } from "./analysis.ts";
import { check } from "./check.ts";
import { faults } from "./faults.ts";
import type { History } from "./history.ts";

const { values } = parseArgs({
  options: {
    seed: { type: "string", default: String(Date.now() % 1_000_000) },
    minutes: { type: "string", default: "2" },
    hosts: { type: "string", default: "3" },
    guests: { type: "string", default: "6" },
    only: { type: "string", multiple: true },
    keep: { type: "string" },
    logs: { type: "string" },
    judge: { type: "string" },
  },
});

const unknown = values.only?.filter((name) => !faults.some((fault) => fault.name === name)) ?? [];
if (unknown.length > 0) {
  console.error(
    `There is no fault ${unknown.join(", ")}. There are: ${faults.map(({ name }) => name).join(", ")}.`,
  );
  process.exit(2);
}

async function history(): Promise<History> {
  if (values.judge !== undefined) return JSON.parse(await readFile(values.judge, "utf8")) as History;
  const [seed, minutes, hosts, guests] = [values.seed, values.minutes, values.hosts, values.guests].map(
    Number,
  );
  const options = {
    seed: seed!,
    minutes: minutes!,
    hosts: hosts!,
    guests: guests!,
    only: values.only,
    logs: values.logs,
  };
  return (await check({ ...options, say: (line) => console.log(line) })).history;
}

const found = await history();
if (values.keep !== undefined) await writeFile(values.keep, JSON.stringify(found));
const violations = analyse(found);
console.log(`\n${summary(found).join("\n")}`);
for (const { rule, guest, words } of violations)
  console.log(`VIOLATION  ${rule}${guest === undefined ? "" : ` (${guest})`}: ${words}`);
console.log(violations.length === 0 ? "No violation." : `${violations.length} violations.`);
const { seed, minutes, hosts } = found;
console.log(
  `Again: node test/cluster/checker/run.ts --seed ${seed} --minutes ${minutes} --hosts ${hosts} --guests ${values.guests}`,
);
process.exit(violations.length === 0 ? 0 : 1);

import type { Schemas } from "#contract/schemas";
import { counted } from "#base/counted";
import { command } from "../command.ts";
import { formatOption, printItem } from "../output.ts";
import { formatAge, formatSize } from "../values.ts";

export const info = command({
  operands: [],
  options: formatOption,
  examples: [["lodge info", "versions, memory, disk, guests"]],
  async run({ options }, { client, terminal }) {
    const host = await client.call("hostGet");
    await printItem(terminal, host, options.format, (shown) => rows(shown, Date.now()));
  },
});

const rows = (host: Schemas["Host"], now: number): readonly (readonly [string, string])[] => [
  ["host", host.name],
  [
    "Lodge",
    `${host.version}${host.pid === undefined ? "" : `, process ${host.pid}`}, up for ${formatAge(host.startedAt, now)}`,
  ],
  ...(host.home === undefined ? [] : [["home", host.home] as const]),
  ["guests", `${host.guests}, of which ${counted(host.running, "runs", "run")}`],
  ["processors", String(host.cpus)],
  ["memory", `${formatSize(host.memory)}, ${formatSize(host.memoryAvailable)} available`],
  ["disk", `${formatSize(host.diskFree)} free`],
  ["QEMU", host.qemu],
  ["accelerator", `${host.accelerator.toUpperCase()}: ${host.acceleratorReason}`],
  ["privilege", host.privileged ? "root" : "none: guests have user-mode networking"],
  ...(host.fingerprint === undefined ? [] : [["certificate", `SHA-256 ${host.fingerprint}`] as const]),
  ...(host.tag === undefined ? [] : [["names", `bridges, taps and tables carry '${host.tag}'`] as const]),
];

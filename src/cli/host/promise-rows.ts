/** What a host has promised, for people. */
import type { Schemas } from "#contract/schemas";
import { formatSize } from "../values.ts";

type HostPromise = Schemas["HostPromise"];

/** Those that are shown. */
const most = 10;

function share(
  { promised, limit, size, ratio, chosen }: HostPromise["memory"],
  show: (n: number) => string,
): string {
  const why = `${ratio} × ${show(size)}${chosen ? "" : ", the default"}`;
  return `${show(promised)} promised of ${show(limit)} (${why})`;
}

const bytes = (amount: number) => formatSize(Math.round(amount));

export function promiseRows({ memory, cpus, disk, holders }: HostPromise): (readonly [string, string])[] {
  const lines = holders
    .slice(0, most)
    .map(
      ({ name, project, ...has }) =>
        `${name} (${project})  ${bytes(has.memory)}, ${has.cpus} processors, disk ${bytes(has.disk)}`,
    );
  const more = holders.length > most ? [`and ${holders.length - most} more`] : [];
  return [
    ["memory", share(memory, bytes)],
    ["processors", share(cpus, (count) => String(Math.round(count)))],
    ["disk", share(disk, bytes)],
    ["holders", [...lines, ...more].join("\n") || "nobody"],
  ];
}

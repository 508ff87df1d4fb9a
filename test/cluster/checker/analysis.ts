/** Judges a history. Pure: the same history has the same violations, whenever it is looked at. */
import { checkChanges } from "./check-changes.ts";
import { checkWrites } from "./check-writes.ts";
import type { History, Violation } from "./history.ts";

export function analyse({ acknowledged, changes, end }: History): Violation[] {
  const names = new Set([...acknowledged, ...changes].map(({ guest }) => guest));
  const guests = [...names].flatMap((guest) => [
    ...checkWrites(
      guest,
      acknowledged.filter((one) => one.guest === guest),
      end.disks[guest],
    ),
    ...checkChanges(
      guest,
      changes.filter((one) => one.guest === guest),
      end,
    ),
    ...unread(guest, end),
  ]);
  const strangers = [...new Set(Object.values(end.lists).flatMap((list) => list.map(({ name }) => name)))]
    .filter((name) => !names.has(name))
    .map((guest): Violation => ({ rule: "came back", guest, words: "nobody asked for it" }));
  const left = end.left.map((words): Violation => ({ rule: "left over", words }));
  return [...guests, ...strangers, ...left];
}

/** A guest whose disk was not looked at proves nothing. */
function unread(guest: string, { lists, disks }: History["end"]): Violation[] {
  const listed = Object.values(lists).some((list) => list.some(({ name }) => name === guest));
  return listed && disks[guest] === undefined
    ? [{ rule: "disk unread", guest, words: "it is listed, and its disk could not be read" }]
    : [];
}

/** Events that say whether a run has tried what it is there to try. */
const told: readonly (readonly [kind: string, words: string])[] = [
  ["guest.moved", "guests moved"],
  ["snapshot.created", "snapshots"],
  ["host.lost", "hosts lost"],
  ["guest.taken_over", "guests taken over"],
  ["host.fenced", "hosts whose fence ended guests"],
  ["guest.back", "guests that came back"],
];

/** What a run amounts to, in lines. */
export function summary(history: History): string[] {
  const { acknowledged, changes, faults, events } = history;
  const count = <T>(all: readonly T[], of: (one: T) => string): string => {
    const counts = new Map<string, number>();
    for (const one of all) counts.set(of(one), (counts.get(of(one)) ?? 0) + 1);
    return [...counts]
      .toSorted(([a], [b]) => a.localeCompare(b))
      .map(([name, n]) => `${name} ${n}`)
      .join(", ");
  };
  const guests = new Set(changes.map(({ guest }) => guest)).size;
  const starts = new Set(acknowledged.map(({ guest, boot }) => `${guest} ${boot}`)).size;
  return [
    `seed ${history.seed}, ${history.minutes} minutes, ${history.hosts} hosts`,
    `faults: ${faults.length} (${count(faults, ({ name }) => name)})`,
    `changes: ${changes.length} (${count(changes, ({ verb, outcome }) => `${verb} ${outcome}`)})`,
    `what came of it: ${told.map(([kind, words]) => `${events[kind] ?? 0} ${words}`).join(", ")}`,
    `guests: ${guests}, which ran ${starts} times and had ${acknowledged.length} writes acknowledged`,
  ];
}

/**
 * Finds the processes again that an earlier daemon left, and believes what it finds: a guest whose process is
 * gone has ended, and is marked if it is to come back; a process that no record knows is ended.
 */
import { readdir, rm } from "node:fs/promises";
import { basename } from "node:path";
import { commandLine, findProcesses } from "#base/find-process";
import { endProcess, isAlive } from "#base/process";
import { endWaiting } from "#hypervisor/cell/waiting";
import { folderServersOf } from "#hypervisor/share/virtiofsd";
import { tpmsOf } from "#hypervisor/tpm/swtpm";
import { cured } from "./ailment.ts";
import { noteDiskFault, stuckStatus } from "./disk-fault.ts";
import { hasBalloon } from "./balloon.ts";
import { lookIntoDrives } from "./drive.ts";
import type { Fleet } from "./fleet.ts";
import { enterGroup } from "./launch.ts";
import { LiveGuest } from "./live.ts";
import { handBack } from "./device/hand-on.ts";
import { guestPlace, homeOf, markOf } from "./place.ts";
import { guestKey, helpersOf, type GuestRecord } from "./record.ts";
import { askFor } from "./plug-memory.ts";
import { isPluggable, unplugged } from "./plugged.ts";
import { comesBack } from "./return-plan.ts";
import { afterEnd, hasProcess } from "./state.ts";

/**
 * @param records every guest, as an earlier daemon left it
 * @param rebooted has the host restarted since the earlier daemon?
 * @returns the guests that were found ended, as they are now
 */
export async function adopt(
  fleet: Fleet,
  { records, rebooted }: { readonly records: readonly GuestRecord[]; readonly rebooted: boolean },
): Promise<GuestRecord[]> {
  const ended: GuestRecord[] = [];
  const known = new Set<number>();
  for (const record of records) {
    if (record.process) known.add(record.process.pid);
    if (await isTakenUp(fleet, record)) continue;
    const now = atRest(fleet, record, rebooted);
    if (now === record) continue;
    // What it has become and whether it comes back, at one moment: a kill in between loses neither.
    await fleet.parts.store.transact({ put: [{ key: guestKey(record.id), value: now }] });
    if (!record.process && !hasProcess(record.state)) continue;
    handBack(record);
    await fleet.parts.networks.detach(record);
    if (now.state === record.state) continue;
    const message = `${now.name} is ${now.state}: ${now.stateReason}`;
    fleet.parts.events.append({ kind: `guest.${now.state}`, guest: now, message });
    ended.push(now);
  }
  await endWaiting(homeOf(fleet.parts.places));
  await endStrangers(fleet, known);
  await endOtherHelpers(fleet, records);
  await sweep(fleet, records);
  for (const id of fleet.parts.groups.list()) if (!fleet.get(id)) fleet.parts.groups.remove(id);
  return ended;
}

/** Takes up the guest's process, if it is there and answers. */
async function isTakenUp(fleet: Fleet, record: GuestRecord): Promise<boolean> {
  const { process } = record;
  if (!process || !isAlive(process)) return false;
  // Since a reboot, the same id and start time may be another program's.
  if (!isOfHome(fleet, await commandLine(process.pid))) return false;
  try {
    const place = guestPlace(fleet.parts.places, record.id);
    const { groups } = fleet.parts;
    const live = await LiveGuest.connect(record, process, place, { groups, timeout: 5000 });
    // Also one that an older daemon began without.
    const pids = [process, ...helpersOf(process)].map(({ pid }) => pid);
    enterGroup(fleet.parts, record, { ...process, pids });
    // Also one that was made highly available by a daemon which ended before the fence heard of it.
    if (record.ha)
      await fleet.parts.safeguards?.holds.know(record, markOf(fleet.parts.places, record.id), process);
    const status = await live.status();
    if (status === stuckStatus) live.stuck = {};
    fleet.track(live);
    live.settle();
    void lookIntoDrives(fleet.parts, live);
    // What an earlier daemon asked for in the host's need, it cannot give back any more; and it may have ended before it
    // asked for what the record says.
    if (hasBalloon(record) || isPluggable(record)) void askFor(fleet.parts, live).catch(() => undefined);
    if (record.state === "creating" || record.state === "deleting") return true;
    await fleet.become(record.id, status === "running" ? "running" : "paused").catch(() => undefined);
    await noteDiskFault(fleet, live);
    return true;
  } catch (error) {
    fleet.parts.log.warn({ err: error, guest: record.id }, "a guest's process does not answer: ending it");
    await endProcess(process);
    return false;
  }
}

/** The record of a guest without a process; the very same where there is nothing to change. */
function atRest(fleet: Fleet, record: GuestRecord, rebooted: boolean): GuestRecord {
  const { process, comesBack: marked, ...rest } = unplugged(cured(record));
  const back = comesBack(record, rebooted);
  const next = afterEnd(record.state, !rebooted);
  if (!process && next === undefined && back === marked) return record;
  const stateReason = rebooted ? "the host went down under it" : "it ended while the daemon was down";
  const changed = next === undefined ? {} : { state: next, stateSince: fleet.now(), stateReason };
  return { ...rest, ...changed, ...(back === undefined ? {} : { comesBack: back }) };
}

/** The folders of sockets, and what cells saw, of guests that have no process any more. */
async function sweep(fleet: Fleet, records: readonly GuestRecord[]): Promise<void> {
  const { places } = fleet.parts;
  // Most have none: looking for each takes half a second where there are ten thousand.
  const there = new Set(await readdir(places.run).catch(() => []));
  for (const { id } of records) {
    const { run } = guestPlace(places, id);
    if (there.has(basename(run)) && !fleet.get(id)) await rm(run, { recursive: true, force: true });
  }
  void fleet.parts.cells?.sweep((id) => fleet.get(id) !== undefined);
}

/** Ends the QEMUs of this home that no record knows. */
async function endStrangers(fleet: Fleet, known: ReadonlySet<number>): Promise<void> {
  const found = await findProcesses((argv) => isOfHome(fleet, argv));
  for (const orphan of found.filter(({ pid }) => !known.has(pid))) {
    fleet.parts.log.warn({ pid: orphan.pid }, "ending a QEMU of this home that no guest's record knows");
    await endProcess(orphan);
  }
}

/** Ends the TPMs and the servers of folders that no guest uses: of a QEMU that never came, or is just gone. */
async function endOtherHelpers(fleet: Fleet, records: readonly GuestRecord[]): Promise<void> {
  const live = records.flatMap(({ id }) => fleet.get(id) ?? []);
  const used = new Set(live.flatMap(({ process }) => helpersOf(process)).map(({ pid }) => pid));
  const { guests } = fleet.parts.places;
  const found = (await Promise.all([tpmsOf(guests), folderServersOf(guests)])).flat();
  await Promise.all(found.filter(({ pid }) => !used.has(pid)).map((helper) => endProcess(helper)));
}

/** Is this the command line of a QEMU whose monitor lies in this home's run folder? */
function isOfHome(fleet: Fleet, [program, ...words]: readonly string[]): boolean {
  const mark = `path=${fleet.parts.places.run}/`;
  return !!program?.includes("qemu-system") && words.some((word) => word.includes(mark));
}

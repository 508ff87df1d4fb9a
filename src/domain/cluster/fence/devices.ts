/**
 * Fence devices: a command for each host that switches it off from outside, by its management board or its power strip. Whoever
 * takes a lost host's guests over runs it; only where it succeeds is the host taken for off.
 *
 *   cluster/fences/HOST       the command, and how it went the last time
 *   cluster/off/HOST          a person's word that the host is off, until it has a beat again
 */
import { isAbsolute } from "node:path";
import { asLodgeError, hasCode, LodgeError } from "#contract/errors";
import type { Fence, FenceCreate } from "#contract/schema/fence";
import type { Clock } from "#base/clock";
import { exec, searchPath } from "#base/exec";
import type { Store } from "#durable/store/store";
import { find, put, remove, update } from "#durable/store/update";
import { beatKey, listMembers, type MemberRecord } from "../../member/record.ts";
import { lostGuests } from "../failover/take-over.ts";

interface FenceRecord {
  readonly command: readonly string[];
  /** Seconds. */
  readonly timeout: number;
  readonly last?: Fence["last"];
}

const fencePrefix = "cluster/fences/";
const fenceKey = (host: string): string => fencePrefix + host;
const offKey = (host: string): string => `cluster/off/${host}`;

export interface FenceDevicesParts {
  /** All hosts' records as they lie. */
  readonly store: Store;
  readonly clock: Clock;
}

const defaultTimeout = 30;

export class FenceDevices {
  readonly #parts: FenceDevicesParts;

  constructor(parts: FenceDevicesParts) {
    this.#parts = parts;
  }

  async list(): Promise<Fence[]> {
    const { store } = this.#parts;
    const members = new Map((await listMembers(store)).map((member) => [member.id, member]));
    const { items } = await store.list(fencePrefix);
    return items.flatMap(({ key, value }) => {
      const member = members.get(key.slice(fencePrefix.length));
      return member ? [shown(member, value as FenceRecord)] : [];
    });
  }

  has(host: string): Promise<boolean> {
    return this.#parts.store.get(fenceKey(host)).then((item) => item !== undefined);
  }

  /** @throws LodgeError cluster.host_not_found, api.invalid */
  async create({ host, command, timeout = defaultTimeout }: FenceCreate): Promise<Fence> {
    const member = await this.#member(host);
    if (!isAbsolute(command[0]!))
      throw new LodgeError("api.invalid", { field: "command", reason: "its program is no absolute path" });
    const record: FenceRecord = { command, timeout };
    await put(this.#parts.store, fenceKey(member.id), record);
    return shown(member, record);
  }

  /** @throws LodgeError cluster.host_not_found, fence.not_found, fence.in_use */
  async remove(ref: string): Promise<Fence> {
    const { store } = this.#parts;
    const member = await this.#member(ref);
    const record = await this.#require(member);
    const guests = (await lostGuests(store, member.id)).map(({ name }) => name);
    if (guests.length > 0)
      throw new LodgeError("fence.in_use", { fence: member.name, guests: guests.join(", ") });
    await store.transact({ delete: [fenceKey(member.id), offKey(member.id)] });
    return shown(member, record);
  }

  /** @throws LodgeError cluster.host_not_found, fence.host_answers */
  async confirm(ref: string): Promise<Fence> {
    const { store } = this.#parts;
    const member = await this.#member(ref);
    const { id, name } = member;
    try {
      await store.transact({
        compare: [{ key: beatKey(id), revision: "absent" }],
        put: [{ key: offKey(id), value: { since: this.#parts.clock.now() } }],
      });
    } catch (error) {
      if (hasCode(error, "store.conflict")) throw new LodgeError("fence.host_answers", { fence: name });
      throw error;
    }
    const record = (await store.get(fenceKey(id)))?.value as FenceRecord | undefined;
    return shown(member, record ?? { command: [], timeout: defaultTimeout });
  }

  /**
   * Resolves once the host is surely off.
   *
   * @returns undefined, or why it cannot be said, in words
   */
  async switchOff(host: string, name: string): Promise<string | undefined> {
    const { store, clock } = this.#parts;
    if (await store.get(offKey(host))) return undefined;
    const record = (await store.get(fenceKey(host)))?.value as FenceRecord | undefined;
    if (!record) return "it has no fence device";
    const said = await run(record, name);
    const last = { at: new Date(clock.now()).toISOString(), ok: said.ok, said: said.words };
    await update<FenceRecord>(store, fenceKey(host), (now) => now && { ...now, last });
    return said.ok ? undefined : `its fence device says: ${said.words}`;
  }

  /** It has a beat: what somebody said of it holds no more. */
  async answers(host: string): Promise<void> {
    const { store } = this.#parts;
    if (await store.get(offKey(host))) await remove(store, offKey(host));
  }

  async #require({ id, name }: MemberRecord): Promise<FenceRecord> {
    const item = await find(this.#parts.store, fenceKey(id));
    if (!item) throw new LodgeError("fence.not_found", { fence: name });
    return item.value as FenceRecord;
  }

  async #member(ref: string): Promise<MemberRecord> {
    const found = (await listMembers(this.#parts.store)).find(({ id, name }) => id === ref || name === ref);
    if (!found) throw new LodgeError("cluster.host_not_found", { host: ref });
    return found;
  }
}

const shown = ({ name }: MemberRecord, { command, timeout, last }: FenceRecord): Fence => ({
  name,
  command: [...command],
  timeout,
  ...(last ? { last } : {}),
});

/** Characters of what a command says that are kept. */
const mostWords = 500;

async function run(
  { command, timeout }: FenceRecord,
  host: string,
): Promise<{ readonly ok: boolean; readonly words: string }> {
  const [program = "", ...args] = command;
  try {
    const env = { PATH: searchPath(), LC_ALL: "C.UTF-8", LODGE_HOST: host };
    const { stdout, stderr } = await exec(program, args, { env, timeout: timeout * 1000 });
    return { ok: true, words: (stdout + stderr).trim().slice(0, mostWords) };
  } catch (error) {
    const { message, detail = "" } = asLodgeError(error);
    return { ok: false, words: `${message} ${detail}`.trim().slice(0, mostWords) };
  }
}

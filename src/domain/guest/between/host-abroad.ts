/** The host outside that a guest goes to, as this one asks it: by the pass that it has for it, and nothing else. */
import { hasCode, LodgeError } from "#contract/errors";
import type { MoveWishes } from "#contract/schema/move";
import type { Clock } from "#base/clock";
import type { SealKey } from "#durable/store/seal";
import type { Store } from "#durable/store/store";
import { put } from "#durable/store/update";
import { certificateAt } from "#client/join";
import { Peers, type PeerIdentity } from "#client/peers";
import type { Cargo } from "../migrate/cargo.ts";
import { laneName, type Destination, type Prospect } from "../migrate/destination.ts";
import { readMoveToken } from "./move-token.ts";
import {
  identityOf,
  makeIdentity,
  passKey,
  passOf,
  passPrefix,
  sealedPass,
  type PassRecord,
} from "./pass.ts";
import { verdictOf } from "./verdict.ts";

/** What the certificates of visitors' doors are called. */
export const doorName = "lodge-visitors";
/** What a tunnel of a visit is called. */
export const laneKind = "visit";

/** Milliseconds that the other host may take to look at a guest, and to hear whose it is. */
const patience = 30_000;

export interface AbroadParts {
  readonly store: Store;
  readonly clock: Clock;
  readonly key: SealKey;
  /** What this host is called. */
  readonly ownName: () => string;
}

export interface VisitProspect extends Prospect {
  readonly warnings: readonly string[];
}

export interface HostAbroad extends Pick<Destination, "name" | "connect"> {
  readonly visit: string;
  look(cargo: Cargo, wishes: MoveWishes, signal: AbortSignal): Promise<VisitProspect>;
  begin(cargo: Cargo, wishes: MoveWishes, signal: AbortSignal): Promise<void>;
  /** Says whose the guest is. @returns is it there? */
  end(guest: string, taken: boolean, signal: AbortSignal): Promise<boolean>;
  close(): void;
}

export class HostsAbroad {
  readonly #parts: AbroadParts;

  constructor(parts: AbroadParts) {
    this.#parts = parts;
  }

  /**
   * Shows a token, or what was given for it before; resolves to the id of the visit.
   * @throws LodgeError visit.token_malformed, visit.token_invalid, visit.another_host, visit.unreachable, visit.other_version
   */
  async enter(text: string): Promise<string> {
    const { store, clock, key, ownName } = this.#parts;
    const { address, fingerprint, visit, secret } = readMoveToken(text);
    const known = await passOf(store, visit);
    if (known && known.expiresAt > clock.now()) return visit;
    await this.#forgetOld();
    const ca = await certificateAt(address, fingerprint).catch((error: unknown) => {
      if (hasCode(error, "cluster.another_authority"))
        throw new LodgeError("visit.another_host", { address }, { cause: error });
      throw abroad(error, address, address);
    });
    const identity = { ca, ...(await makeIdentity(visit, clock)) };
    const peers = peersTo(address, address, identity);
    try {
      const body = { visit, secret, host: ownName() };
      const { host, expiresAt } = await peers.call(doorName, "visitEnter", { body });
      const pass = { visit, address, host, ...identity, expiresAt: Date.parse(expiresAt) };
      await put(store, passKey(visit), sealedPass(pass, key));
    } catch (error) {
      throw abroad(error, address, address);
    } finally {
      peers.close();
    }
    return visit;
  }

  /** The host of a visit that this one has a pass for. @throws LodgeError visit.token_invalid */
  async find(visit: string): Promise<HostAbroad> {
    const pass = await passOf(this.#parts.store, visit);
    if (!pass) throw new LodgeError("visit.token_invalid", { host: "the other host" });
    const { host: name, address } = pass;
    const peers = peersTo(name, address, identityOf(pass, this.#parts.key));
    const asked = async <T>(answer: Promise<T>): Promise<T> =>
      answer.catch((error: unknown) => {
        throw abroad(error, name, address);
      });
    return {
      visit,
      name,
      look: (cargo, wishes, signal) =>
        asked(peers.call(doorName, "visitLook", { body: { cargo, wishes } }, { signal, patience })),
      begin: async (cargo, wishes, signal) =>
        void (await asked(
          peers.call(doorName, "visitBegin", { body: { cargo, wishes } }, { signal, patience }),
        )),
      end: async (guest, taken, signal) =>
        (await asked(peers.call(doorName, "visitEnd", { body: { guest, taken } }, { signal, patience })))
          .here,
      connect: (move, lane, signal) =>
        asked(peers.tunnel(doorName, { kind: laneKind, ref: move, end: laneName(lane) }, { signal })),
      close: () => peers.close(),
    };
  }

  /** Passes that have run out, but for those by which something is still to be said. */
  async #forgetOld(): Promise<void> {
    const { store, clock } = this.#parts;
    for (const { key, value } of (await store.list(passPrefix)).items) {
      const { visit, expiresAt } = value as PassRecord;
      // What is under way by it may take days.
      const over = expiresAt + 30 * 86_400_000 < clock.now();
      if (over && !(await verdictOf(store, visit))) await store.transact({ delete: [key] });
    }
  }
}

const peersTo = (name: string, address: string, identity: PeerIdentity): Peers =>
  new Peers({ find: () => ({ name, address }), identity: () => identity });

/** What fails between hosts of a cluster is called otherwise between strangers. */
function abroad(error: unknown, host: string, address: string): unknown {
  if (!(error instanceof LodgeError) || error.code !== "cluster.host_unreachable") return error;
  const reason = String(error.params["reason"] ?? "no answer");
  return new LodgeError("visit.unreachable", { host, address, reason }, { cause: error });
}

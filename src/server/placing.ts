/**
 * Finds the host that answers what is about nothing yet: a guest that is to be made. Whichever is chosen decides for itself;
 * where that has no room by then, the next is asked, a few times.
 *
 *   choose ──► host ──► its admission ──► made
 *     ▲                     │ no room, or it does not answer
 *     └─────────────────────┘ without that host
 */
import { hasCode, LodgeError } from "#contract/errors";
import type { RouteName } from "#contract/routes";
import type { Actor } from "#domain/access/actor";
import type { Reached } from "./reach.ts";

/** Id of the host that is to answer; undefined: this one, or nothing is to be chosen here. @throws LodgeError placement.no_host */
export type ChooseHost = (
  name: RouteName,
  asked: Asked,
  refused: ReadonlyMap<string, string>,
) => Promise<string | undefined>;

/** What is asked for, and by whom. */
export type Asked = Pick<Reached, "params" | "body" | "project" | "sight"> & {
  readonly actor: Actor | undefined;
};

export interface PlacingParts {
  readonly chooseHost: ChooseHost;
  readonly placed: readonly RouteName[];
  /** This host's id. */
  readonly own: string;
  /** A host was chosen that does not answer: others are not to wait for it too. */
  readonly onSilent?: (host: string) => void;
}

/** Hosts that are asked for one guest at most. */
const mostHosts = 4;

/** What another host may have that this one has not. */
const elsewhere = [
  "host.promised",
  "guest.memory_unavailable",
  "host.no_space",
  "placement.not_here",
  "placement.reserved",
  "cluster.host_unreachable",
] as const;

export class Placing {
  readonly #choose: (refused: ReadonlyMap<string, string>) => Promise<string | undefined>;
  readonly #own: string;
  readonly #onSilent: PlacingParts["onSilent"];
  readonly #refused = new Map<string, string>();

  constructor({ chooseHost, own, onSilent }: PlacingParts, name: RouteName, asked: Asked) {
    this.#own = own;
    this.#onSilent = onSilent;
    this.#choose = (refused) => chooseHost(name, asked, refused);
  }

  /** Undefined: this one. */
  first(): Promise<string | undefined> {
    return this.#next();
  }

  /** The next host, after one (undefined: this one) failed so. @throws what it failed with, where that is final */
  async after(host: string | undefined, error: unknown): Promise<string | undefined> {
    if (host !== undefined && hasCode(error, "cluster.host_unreachable")) this.#onSilent?.(host);
    if (!hasCode(error, ...elsewhere) || this.#refused.size + 1 >= mostHosts) throw error;
    this.#refused.set(host ?? this.#own, reasonOf(error));
    try {
      return await this.#next();
    } catch (none) {
      // With one host that can have it at all, what that one says is what there is to say.
      if (hasCode(none, "placement.no_host") && this.#refused.size === 1) throw error;
      throw none;
    }
  }

  async #next(): Promise<string | undefined> {
    const host = await this.#choose(this.#refused);
    return host === this.#own ? undefined : host;
  }
}

/** In the middle of a sentence. */
const reasonOf = ({ message }: LodgeError): string => message.replace(/\.$/, "");

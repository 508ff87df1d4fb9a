/**
 * One connection to a server of a directory (LDAP, RFC 4511). What is asked for is asked of this server alone: where it
 * refers to another, that one is not gone to.
 */
import type { Socket } from "node:net";
import type { Client, SearchOptions } from "ldapts";
import { connectOut, secureOut, Untrusted, type Peer } from "#base/connect-out";
import { Cut, type AddressFilter } from "#base/outbound";
import { LodgeError, hasCode } from "#contract/errors";
import { refusalIn } from "./refusal.ts";
import { startTls, TlsDeclined } from "./start-tls.ts";

export interface Server extends Peer {
  /** As the admin wrote it. */
  readonly url: string;
  readonly tls: "at once" | "begun" | "none";
  readonly ca?: string | undefined;
  readonly may: AddressFilter;
  /** Milliseconds for the connection, and then for each answer. */
  readonly patience: number;
}

/** Of one answer: what somebody could fill memory with, who speaks in the directory's place. */
const mostBytes = 4 * 1024 * 1024;

/** Attributes by their names in lower case. */
export interface Entry {
  readonly dn: string;
  readonly attributes: ReadonlyMap<string, readonly (string | Buffer)[]>;
}

/** An attribute that has this value: bytes too, which the library's filters as text garble from 0x80 on. */
export interface Equals {
  readonly attribute: string;
  readonly value: string | Buffer;
}

export interface Search {
  readonly base: string;
  readonly filter: string;
  /** Besides. */
  readonly equals?: Equals;
  readonly attributes: readonly string[];
  /** Of these the bytes are wanted. */
  readonly binary?: readonly string[];
  readonly scope?: "base" | "sub";
  readonly most: number;
}

/** Loaded with the first directory that is asked. */
const library = () => import("ldapts");

/** RFC 4511, 4.1.9. */
const code = { referral: 10, constraint: 19, noSuchObject: 32, busy: 51, unavailable: 52, unwilling: 53 };
/** How servers say that it is not this password, or not now: locked accounts are told apart by few. */
const wrongPassword = new Set([code.constraint, code.noSuchObject, 48, 49, code.unwilling]);

export class Conversation {
  readonly server: Server;
  readonly #client: Client;
  readonly #who: string;

  readonly #socket: Socket;
  #received = 0;

  private constructor(server: Server, socket: Socket, client: Client, who: string) {
    this.server = server;
    this.#socket = socket;
    this.#client = client;
    this.#who = who;
    socket.on("data", ({ length }: Buffer) => {
      if ((this.#received += length) > mostBytes) socket.destroy();
    });
  }

  /**
   * @param who for the words of errors
   * @throws LodgeError provider.unreachable, provider.untrusted, provider.tls_declined, api.address_closed
   */
  static async open(server: Server, who: string): Promise<Conversation> {
    const socket = await connect(server);
    let given = false;
    const { Client: LdapClient } = await library();
    const client = new LdapClient({
      // Where it goes is settled: this names no place.
      url: "ldap://directory",
      timeout: server.patience,
      createConnection: () => {
        // It would begin anew by itself where the connection ended, and then without TLS.
        if (given) throw new Cut("the connection ended");
        given = true;
        return socket;
      },
    });
    return new Conversation(server, socket, client, who);
  }

  /**
   * Is this the entry's password? Never asked with an empty one: many servers call that a success, of nobody in
   * particular (RFC 4513, 5.1.2).
   *
   * @returns "no", or why it does not let in all the same
   * @throws LodgeError provider.unreachable
   */
  async fits(dn: string, password: string): Promise<"yes" | "no" | { readonly refusal: string }> {
    if (dn.trim() === "" || password === "" || password.includes("\0")) return "no";
    this.#received = 0;
    try {
      await this.#client.bind(dn, password);
      return "yes";
    } catch (error) {
      const result = await resultCode(error);
      if (result === undefined || !wrongPassword.has(result)) throw this.#unreachable(error);
      const refusal = refusalIn(wordsOf(error));
      return refusal === undefined ? "no" : { refusal };
    }
  }

  /** Reads as this one from now on. @throws LodgeError provider.bind_refused, provider.unreachable */
  async bind(dn: string, password: string): Promise<void> {
    const fits = await this.fits(dn, password);
    if (fits === "yes") return;
    throw new LodgeError("provider.bind_refused", {
      address: this.server.url,
      who: dn,
      reason: fits === "no" ? "its name or its password is wrong" : fits.refusal,
    });
  }

  /** @throws LodgeError provider.base_not_found, provider.bind_refused, provider.unreachable */
  async search({ base, filter, equals, attributes, binary = [], scope = "sub", most }: Search) {
    const { AndFilter, EqualityFilter, FilterParser } = await library();
    const parsed = FilterParser.parseString(filter);
    const options: SearchOptions = {
      scope,
      filter: equals ? new AndFilter({ filters: [new EqualityFilter(equals), parsed] }) : parsed,
      attributes: [...attributes],
      explicitBufferAttributes: [...binary],
      sizeLimit: most,
      timeLimit: Math.ceil(this.server.patience / 1000),
    };
    this.#received = 0;
    const { searchEntries } = await this.#client.search(base, options).catch(async (error: unknown) => {
      throw this.#refused(base, await resultCode(error), error);
    });
    return searchEntries.map(({ dn, ...found }): Entry => ({
      dn,
      attributes: new Map(Object.entries(found).map(([name, value]) => [name.toLowerCase(), [value].flat()])),
    }));
  }

  #refused(base: string, result: number | undefined, error: unknown): LodgeError {
    const address = this.server.url;
    if (result === undefined || result === code.busy || result === code.unavailable)
      return this.#unreachable(error);
    if (result === code.noSuchObject || result === code.referral)
      return new LodgeError("provider.base_not_found", { address, base }, { cause: error });
    const reason = `it answers with result code ${result}`;
    return new LodgeError("provider.bind_refused", { address, who: this.#who, reason }, { cause: error });
  }

  #unreachable(error: unknown): LodgeError {
    return unreachable(this.server.url, error);
  }

  async close(): Promise<void> {
    await this.#client.unbind().catch(() => undefined);
    // The library has not got it before it is asked for something.
    this.#socket.destroy();
  }
}

const wordsOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

const unreachable = (address: string, cause: unknown, reason = wordsOf(cause)): LodgeError =>
  new LodgeError("provider.unreachable", { address, reason }, { cause });

async function resultCode(error: unknown): Promise<number | undefined> {
  const { ResultCodeError } = await library();
  return error instanceof ResultCodeError ? error.code : undefined;
}

async function connect({ tls, ca, may, patience, url, ...peer }: Server): Promise<Socket> {
  const signal = AbortSignal.timeout(patience);
  let socket: Socket | undefined;
  const cut = () => socket?.destroy(signal.reason as Error);
  signal.addEventListener("abort", cut);
  try {
    socket = await connectOut(peer, may, signal);
    if (tls === "begun") await startTls(socket);
    return tls === "none" ? socket : await secureOut(socket, peer.host, ca, signal);
  } catch (error) {
    socket?.destroy();
    if (hasCode(error, "api.address_closed")) throw error;
    if (error instanceof Untrusted)
      throw new LodgeError("provider.untrusted", { address: url, reason: error.message }, { cause: error });
    if (error instanceof TlsDeclined && !signal.aborted)
      throw new LodgeError(
        "provider.tls_declined",
        { address: url, reason: error.message },
        { cause: error },
      );
    throw unreachable(url, error, signal.aborted ? "it does not answer in time" : wordsOf(error));
  } finally {
    signal.removeEventListener("abort", cut);
  }
}

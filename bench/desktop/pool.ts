/** A desktop pool of the benchmarks', and the people who click. */
import type { Schemas } from "#contract/schemas";
import type { Lodge } from "../lodge.ts";
import { rest } from "../row.ts";
import { desktopImage, desktopShape } from "./desktop-guest.ts";

export const poolName = "bench";

/** Milliseconds for standbys to be made. */
const patience = 300_000;

export class DesktopPool {
  readonly #lodge: Lodge;

  private constructor(lodge: Lodge) {
    this.#lodge = lodge;
  }

  /** For everyone; resolves once its standbys are ready. */
  static async make(lodge: Lodge, standbys: number): Promise<DesktopPool> {
    const pool = new DesktopPool(lodge);
    const body = { name: poolName, image: desktopImage, ...desktopShape, entitled: { everyone: true } };
    await lodge.client.call("desktopPoolCreate", { body: { ...body, standby: { count: standbys } } });
    try {
      await pool.ready(standbys);
      return pool;
    } catch (error) {
      await pool.remove();
      throw error;
    }
  }

  /** How many it is to keep ready from now on; resolves once there are so many. */
  async keep(standbys: number): Promise<void> {
    const params = { desktopPool: poolName };
    await this.#lodge.client.call("desktopPoolUpdate", { params, body: { standby: { count: standbys } } });
    await this.ready(standbys);
  }

  look(): Promise<Schemas["DesktopPool"]> {
    return this.#lodge.client.call("desktopPoolGet", { params: { desktopPool: poolName } });
  }

  /** Resolves once so many standbys are ready and no other is being made. */
  async ready(standbys: number): Promise<void> {
    let now = await this.look();
    for (const end = performance.now() + patience; performance.now() < end; now = await this.look()) {
      if (now.ready === standbys && now.making === 0) return;
      await rest(200);
    }
    const why = now.ails ? `: ${now.ails.message}` : "";
    throw new TypeError(`of ${standbys} standbys ${now.ready} were ready${why}`);
  }

  /** Ends everybody's desktop, and resolves once none is left. */
  async empty(): Promise<void> {
    const { client } = this.#lodge;
    for (const { id } of await client.call("desktopList", { query: { pool: poolName } }))
      await client.call("desktopEnd", { params: { desktop: id }, body: {} });
    for (const end = performance.now() + patience; performance.now() < end; await rest(200))
      if ((await client.call("desktopList", { query: { pool: poolName } })).length === 0) return;
    throw new TypeError("the desktops did not end");
  }

  async remove(): Promise<void> {
    const { client } = this.#lodge;
    const begun = await client.call("desktopPoolDelete", {
      params: { desktopPool: poolName },
      query: { force: true },
    });
    await client.waitFor(begun);
  }
}

/** Somebody with an account and no role, signed in; over TCP, as people come. */
export class Person {
  readonly #url: string;
  readonly #cookie: string;

  private constructor(url: string, cookie: string) {
    this.#url = url;
    this.#cookie = cookie;
  }

  static async make(lodge: Lodge, url: string, name: string): Promise<Person> {
    const password = `a long word of ${name}`;
    const known = await lodge.client.call("userList");
    if (!known.some((user) => user.name === name))
      await lodge.client.call("userCreate", { body: { name, password, role: "none" } });
    const answer = await ask(`${url}/v1/session`, { name, password });
    const cookies = answer.headers.getSetCookie().map((each) => each.split(";")[0]);
    return new Person(url, cookies.join("; "));
  }

  /** A click: his desktop, with a ticket to see it. */
  async connect(): Promise<Schemas["DesktopConnection"]> {
    for (;;) {
      const path = `${this.#url}/v1/my-desktops/${poolName}/connect`;
      const answer = await ask(path, {}, { cookie: this.#cookie });
      const connection = (await answer.json()) as Schemas["DesktopConnection"];
      if (connection.ticket !== undefined) return connection;
    }
  }

  async reset(): Promise<void> {
    await ask(`${this.#url}/v1/my-desktops/${poolName}/reset`, undefined, { cookie: this.#cookie });
  }
}

async function ask(url: string, body?: object, headers: Record<string, string> = {}): Promise<Response> {
  const answer = await fetch(url, {
    method: "POST",
    headers: {
      ...headers,
      origin: new URL(url).origin,
      ...(body ? { "content-type": "application/json" } : {}),
    },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  if (!answer.ok) throw new TypeError(`${url} answered ${answer.status}: ${await answer.text()}`);
  return answer;
}

/** Where a desktop's display is, by its ticket. */
export const displayPath = ({ desktop, ticket }: Schemas["DesktopConnection"]): string =>
  `/v1/guests/${desktop.guest}/display?ticket=${ticket}`;

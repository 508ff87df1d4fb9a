/**
 * The real daemon with two projects that have the same kinds of things, and people in each: "shop", and "quarry",
 * whose things are all called by words that nothing else has, so that a trace of it anywhere is found.
 */
import { join } from "node:path";
import { createClient, type Client } from "#client/client";
import { hasCode } from "#contract/errors";
import type { Role } from "#contract/access";
import type { OwnedNoun } from "#contract/route";
import { FakeVnc } from "./fake-vnc.ts";
import { FakedDaemon } from "./faked-daemon.ts";

export const own = "shop";
export const foreign = "quarry";

const memory = 16_777_216;

/** One of each noun, by its id. */
export type Things = Readonly<Record<OwnedNoun, string>>;

export interface Person {
  readonly token: string;
  readonly client: Client;
}

export class TwoProjects {
  readonly daemon: FakedDaemon;
  readonly url: string;
  readonly own: Things;
  readonly foreign: Things;

  private constructor(daemon: FakedDaemon, url: string, things: { own: Things; foreign: Things }) {
    this.daemon = daemon;
    this.url = url;
    this.own = things.own;
    this.foreign = things.foreign;
  }

  static async start(): Promise<TwoProjects> {
    const daemon = await FakedDaemon.start({ listen: true });
    try {
      await daemon.image("tiny");
      await daemon.image("desk", "none", true);
      for (const image of ["tiny", "desk"])
        await daemon.client.call("imageUpdate", { params: { image }, body: { shared: true } });
      const things = { own: await fill(daemon, own, "web"), foreign: await fill(daemon, foreign, "granite") };
      return new TwoProjects(daemon, await daemon.url(), things);
    } catch (error) {
      await daemon.close();
      throw error;
    }
  }

  /** A program that may so much, in one project alone. */
  async person(project: string, role: Role): Promise<Person> {
    const name = `${project}-${role}-${Math.random().toString(36).slice(2, 8)}`;
    const { secret: token } = await this.daemon.client.call("tokenCreate", { body: { name, role, project } });
    return { token, client: createClient({ url: this.url, token }) };
  }

  /** An answer as it comes over the wire. */
  async ask(
    { token }: Pick<Person, "token">,
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<{ readonly status: number; readonly text: string }> {
    const sent = body === undefined ? {} : { body: JSON.stringify(body) };
    const response = await fetch(this.url + path, {
      method,
      ...sent,
      headers: {
        authorization: `Bearer ${token}`,
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...headers,
      },
    });
    return { status: response.status, text: await response.text() };
  }

  /** Words by which anything of the other project would be known. */
  get traces(): readonly string[] {
    return [foreign, "granite", ...Object.values(this.foreign)];
  }

  close(): Promise<void> {
    return this.daemon.close();
  }
}

async function recordingOf({ client, paths }: FakedDaemon, guest: string): Promise<string> {
  const qemu = new FakeVnc(join(paths.run, guest, "display"));
  await qemu.start();
  try {
    const { id } = await client.call("recordingStart", { params: { guest }, body: {} });
    await client.call("recordingStop", { params: { recording: id } });
    return id;
  } finally {
    await qemu.close();
  }
}

/** Its guest has no display here: what counts is that it is there. */
async function desktopOf(
  client: Client,
  project: string,
  name: string,
): Promise<Pick<Things, "desktopPool" | "desktop">> {
  const body = { name, image: "desk", memory, sound: false, standby: { count: 0 } };
  const pool = await client.call("desktopPoolCreate", { query: { project }, body });
  const asked = { params: { offer: pool.id }, body: {} };
  await client.call("myDesktopConnect", asked).catch((error: unknown) => {
    if (!hasCode(error, "console.no_display")) throw error;
  });
  const [desktop] = await client.call("desktopList", { query: { project } });
  return { desktopPool: pool.id, desktop: desktop!.id };
}

async function fill(daemon: FakedDaemon, project: string, name: string): Promise<Things> {
  const { client, folder } = daemon;
  const query = { project };
  await client.call("projectCreate", { body: { name: project } });
  const body = { image: "tiny", name, memory, cold: true };
  const operation = await client.call("guestCreate", { query, body });
  const created = await client.waitFor(operation);
  const guest = (created.result as { guest: { id: string } }).guest.id;
  const path = join(folder, "tiny.qcow2");
  const imported = await client.call("imageImport", { query, body: { path, name: `${name}-image` } });
  const image = ((await client.waitFor(imported)).result as { image: string }).image;
  const built = await client.call("templateBuild", { query, body: { image: "tiny", memory: 2 * memory } });
  await client.waitFor(built);
  const [template] = await client.call("templateList", { query });
  const sent = { file: `${name}.img`, size: 1 };
  const upload = await client.call("uploadCreate", { query, body: sent });
  const recording = await recordingOf(daemon, guest);
  const { id: firewall } = await client.call("firewallCreate", { query, body: { name: `${name}-firewall` } });
  const emptied = { name: `${name}-volume`, size: 2 ** 20 };
  const volumeMade = await client.waitFor(await client.call("volumeCreate", { query, body: emptied }));
  const { volume } = volumeMade.result as { readonly volume: string };
  const made = { guest, image, volume, template: template!.id, operation: operation.id, upload: upload.id };
  const { id: network } = await client.call("networkCreate", {
    query,
    body: { name: `${name}-net`, kind: "user" },
  });
  const desktops = await desktopOf(client, project, `${name}-desktops`);
  return { ...made, ...desktops, recording, firewall, network, project };
}

/** Where a home's daemon listens for browsers: a file in the home keeps it, so that bookmarks stay true. */
import { readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";

const host = "127.0.0.1";
const first = 7070;
/** Each Lodge on this computer takes one. */
const most = 30;

const fileOf = (home: string) => join(home, "listen");

/** The address that the home's daemon had last; undefined where it had none. */
export async function keptAddress(home: string): Promise<string | undefined> {
  const text = await readFile(fileOf(home), "utf8").catch(() => "");
  return text.trim() || undefined;
}

/** What was asked for, else what the home had, else the first port of this computer that nobody has. */
export const chooseAddress = async (home: string, asked: string | undefined): Promise<string | undefined> =>
  asked ?? (await keptAddress(home)) ?? (await freeAddress());

export const keepAddress = (home: string, address: string): Promise<void> =>
  writeFile(fileOf(home), `${address}\n`, { mode: 0o600 });

/** Where a browser finds what listens there. */
export const urlOf = (address: string): string =>
  `${/^(127\.|localhost:|\[::1\])/.test(address) ? "http" : "https"}://${address}/`;

async function freeAddress(): Promise<string | undefined> {
  for (let port = first; port < first + most; port++) if (await isFree(port)) return `${host}:${port}`;
  return undefined;
}

const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(true)));
  });

/** Lists guests by HTTP on a daemon's unix socket, one connection kept: the answer's bytes, parsed as a client would. */
import { Agent, request } from "node:http";

interface Page {
  readonly items: unknown[];
  readonly next?: string;
  readonly bytes: number;
}

export class GuestLists implements Disposable {
  readonly #socketPath: string;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 });
  /** Of the last whole list. */
  bytes = 0;

  constructor(socketPath: string) {
    this.#socketPath = socketPath;
  }

  page(query: string): Promise<Page> {
    return new Promise((resolve, reject) => {
      const options = { socketPath: this.#socketPath, path: `/v1/guests?${query}`, agent: this.#agent };
      const asked = request(options, (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("end", () => {
          const text = Buffer.concat(chunks);
          resolve({ ...(JSON.parse(text.toString()) as { items: unknown[] }), bytes: text.length });
        });
      });
      asked.on("error", reject);
      asked.end();
    });
  }

  /** All of them in pages of a thousand; how many there were. */
  async whole(): Promise<number> {
    let items = 0;
    let bytes = 0;
    let cursor = "";
    do {
      const page = await this.page(`limit=1000${cursor}`);
      items += page.items.length;
      bytes += page.bytes;
      cursor = page.next === undefined ? "" : `&cursor=${page.next}`;
    } while (cursor !== "");
    this.bytes = bytes;
    return items;
  }

  [Symbol.dispose](): void {
    this.#agent.destroy();
  }
}

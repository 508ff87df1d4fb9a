/** Can a server that an image is downloaded from, or whoever names it, make the host do anything but that? */
import assert from "node:assert/strict";
import { createServer, type RequestListener, type Server } from "node:http";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe } from "node:test";
import { systemClock } from "#base/clock";
import { createClient, type Client } from "#client/client";
import { hasCode, type LodgeError } from "#contract/errors";
import { download, type DownloadOptions } from "#hypervisor/image/download";
import { FakedDaemon } from "../../fakes/faked-daemon.ts";
import { attack } from "../attack.ts";

describe("a server that means harm", () => {
  let folder: string;
  const servers: Server[] = [];
  before(async () => (folder = await mkdtemp(join(tmpdir(), "lodge-downloads-"))));
  after(async () => {
    for (const server of servers) server.closeAllConnections();
    for (const server of servers) server.close();
    await rm(folder, { recursive: true });
  });

  async function serve(listener: RequestListener): Promise<string> {
    const server = createServer(listener);
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}/disk.img`;
  }
  /** The download fails for this reason, and nothing of it stays. */
  async function refused(url: string, reason: RegExp, options: Partial<DownloadOptions> = {}): Promise<void> {
    const work = download(url, join(folder, "target"), { clock: systemClock, retries: 0, ...options });
    await assert.rejects(work, (error: LodgeError) => {
      assert.ok(hasCode(error, "image.download"), String(error));
      assert.match(error.message, reason);
      return true;
    });
    assert.deepEqual(await readdir(folder), []);
  }

  attack("it sends without end, until the disk is full", async () => {
    const url = await serve((_request, response) => {
      const more = (): void => {
        while (!response.destroyed && response.write(Buffer.alloc(2 ** 20, "x")));
      };
      response.on("drain", more);
      more();
    });
    let looks = 0;
    await refused(url, /no room/, { room: async () => (++looks < 3 ? 1 : -1) });
  });

  attack("it sends more than it said, or than is allowed", async () => {
    const url = await serve((_request, response) => response.end(Buffer.alloc(2 ** 20)));
    await refused(url, /larger than allowed/, { maxSize: 2 ** 16 });
  });

  attack("it says nothing any more", async () => {
    const url = await serve((_request, response) => void response.write("a"));
    await refused(url, /nothing came/, { stall: 200 });
  });

  attack("it leads to a file of the host", async () => {
    const url = await serve((_request, response) =>
      response.writeHead(302, { location: "file:///etc/shadow" }).end(),
    );
    await refused(url, /leads to file:/);
  });

  attack("it leads round in circles", async () => {
    const url = await serve((request, response) => response.writeHead(302, { location: request.url }).end());
    await refused(url, /redirected more than/);
  });

  attack("it compresses what nobody asked it to", async () => {
    const bytes = Buffer.alloc(1000, 0x1f);
    const url = await serve((_request, response) =>
      response.writeHead(200, { "content-encoding": "gzip" }).end(bytes),
    );
    await download(url, join(folder, "target"), { clock: systemClock, retries: 0 });
    await rm(join(folder, "target"));
  });
});

describe("whoever names an address", () => {
  let daemon: FakedDaemon;
  let client: Client;
  before(async () => {
    daemon = await FakedDaemon.start({ listen: true });
    const { secret } = await daemon.client.call("tokenCreate", {
      body: { name: "mallory", role: "operator" },
    });
    client = createClient({ url: await daemon.url(), token: secret });
  });
  after(() => daemon.close());

  const closed = async (url: string): Promise<void> => {
    const work = client.call("imagePull", { body: { url } }).then((operation) => client.waitFor(operation));
    await assert.rejects(
      work,
      (error) => hasCode(error, "api.address_closed", "image.download", "api.invalid"),
      url,
    );
    assert.deepEqual(await client.call("imageList"), []);
  };

  attack("names the daemon itself, by any of its names", async () => {
    const { port } = new URL(await daemon.url());
    for (const host of [
      "127.0.0.1",
      "localhost",
      "[::1]",
      "0.0.0.0",
      "127.1",
      "2130706433",
      "[::ffff:127.0.0.1]",
    ])
      await closed(`http://${host}:${port}/v1/host`);
  });

  attack("names where clouds keep credentials", async () => {
    for (const host of ["169.254.169.254", "[fe80::1]", "[::ffff:169.254.169.254]"])
      await closed(`http://${host}/latest/meta-data/`);
  });

  attack("names a file, or another kind of server", async () => {
    for (const url of [
      "file:///etc/shadow",
      "ftp://127.0.0.1/x",
      "nbd://127.0.0.1/",
      "gopher://127.0.0.1/",
      "-o/etc/x",
    ])
      await closed(url);
  });
});

/** A stranger who may send images to a daemon, and what comes of each. */
import assert from "node:assert/strict";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { systemClock } from "#base/clock";
import { retry } from "#base/retry";
import { createClient, type Client } from "#client/client";
import { hasCode, LodgeError, type ErrorCode } from "#contract/errors";
import type { Schemas } from "#contract/schemas";
import { FakedDaemon } from "../../fakes/faked-daemon.ts";
import { sourceOf } from "../../fakes/upload-source.ts";
import type { Bytes } from "./hostile-images.ts";

export class Sender {
  readonly daemon: FakedDaemon;
  readonly client: Client;

  private constructor(daemon: FakedDaemon, client: Client) {
    this.daemon = daemon;
    this.client = client;
  }

  /** The real daemon over the stand-in for QEMU; qemu-img is the real one. */
  static async start(): Promise<Sender> {
    const daemon = await FakedDaemon.start({ listen: true });
    const { secret } = await daemon.client.call("tokenCreate", {
      body: { name: "mallory", role: "operator" },
    });
    return new Sender(daemon, createClient({ url: await daemon.url(), token: secret }));
  }

  close(): Promise<void> {
    return this.daemon.close();
  }

  async send(bytes: Bytes, file = "disk.img"): Promise<Schemas["Image"]> {
    const { id } = await this.client.upload(sourceOf(file, bytes));
    const operation = await this.client.call("uploadImport", { params: { upload: id }, body: {} });
    const { result } = await this.client.waitFor(operation);
    return this.client.call("imageGet", { params: { image: (result as { image: string }).image } });
  }

  /** It is refused with this error, and nothing of it stays. */
  async refused(bytes: Bytes, code: ErrorCode, reason?: RegExp): Promise<void> {
    const error = await this.send(bytes).then(
      (image) => assert.fail(`it became image ${image.name}`),
      (failure: unknown) => failure,
    );
    assert.ok(hasCode(error, code), String(error));
    if (reason) assert.match((error as LodgeError).message, reason);
    const { images } = this.daemon.paths;
    const look = async () => {
      const left = existsSync(images) ? readdirSync(images, { recursive: true }).map(String) : [];
      assert.deepEqual(
        left.filter((path) => path !== "uploads"),
        [],
        "something of it stays",
      );
    };
    // Whoever waits hears of the end before the file that had arrived is gone.
    await retry(look, { clock: systemClock, first: 5, longest: 50, timeout: 10_000 });
  }

  /** What qemu-img and the daemon wrote of an image is nothing of the host's. */
  pathOf(image: Schemas["Image"]): string {
    return join(this.daemon.paths.images, image.id, image.kind === "iso" ? "disc.iso" : "disk.raw");
  }
}

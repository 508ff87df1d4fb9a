import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { hasCode } from "#contract/errors";
import { ByteReader } from "./byte-reader.ts";
import { greetServer, greetViewer } from "./handshake.ts";
import { readPixelFormat } from "./pixel-format.ts";

const version = Buffer.from("RFB 003.008\n");
const pixels = Buffer.from([32, 24, 0, 1, 0, 255, 0, 255, 0, 255, 16, 8, 0, 0, 0, 0]);
const screen = { width: 64, height: 48, format: readPixelFormat(pixels, "a test"), name: "web" };

describe("a handshake", () => {
  it("says to a viewer all that there is to say before anything comes back", async () => {
    const reader = new ByteReader("the viewer");
    const said: Buffer[] = [];
    const greeted = greetViewer(reader, (bytes) => said.push(bytes), screen);
    const head = Buffer.from([0, 64, 0, 48, ...pixels, 0, 0, 0, 3]);
    const rest = [Buffer.of(1, 1), Buffer.alloc(4), head, Buffer.from("web")];
    assert.deepEqual(said, [version, Buffer.concat(rest)]);
    for (const answer of [version, Buffer.of(1), Buffer.of(0)]) reader.push(answer);
    assert.ok((await greeted) >= 0);
  });

  it("says to QEMU all that there is to say, and reads how large its screen is", async () => {
    const reader = new ByteReader("QEMU");
    const said: Buffer[] = [];
    const greeted = greetServer(reader, (bytes) => said.push(bytes));
    assert.deepEqual(said, [Buffer.concat([version, Buffer.of(1, 1)])]);
    reader.push(Buffer.concat([version, Buffer.of(1, 1), Buffer.alloc(4)]));
    reader.push(Buffer.from([0, 64, 0, 48, ...pixels, 0, 0, 0, 1, 81]));
    assert.deepEqual([(await greeted).width, (await greeted).height], [64, 48]);
  });

  it("is refused to a viewer of another version, and to one that wants to show a password", async () => {
    for (const answers of [[Buffer.from("RFB 003.003\n")], [version, Buffer.of(2), Buffer.of(1)]]) {
      const reader = new ByteReader("the viewer");
      const greeted = greetViewer(reader, () => undefined, screen);
      for (const answer of answers) reader.push(answer);
      await assert.rejects(greeted, (error) => hasCode(error, "console.protocol"));
    }
  });
});

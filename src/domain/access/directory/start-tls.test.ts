import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, createServer, type AddressInfo } from "node:net";
import { test } from "node:test";
import { startTls, TlsDeclined } from "./start-tls.ts";

/** What a directory answers, to somebody who asks it for TLS. */
async function answered(...pieces: string[]): Promise<void> {
  const server = createServer((socket) => {
    socket.once("data", (request) => {
      assert.equal(
        request.toString("hex"),
        `301d02010177188016${Buffer.from("1.3.6.1.4.1.1466.20037").toString("hex")}`,
      );
      for (const piece of pieces) socket.write(Buffer.from(piece, "hex"));
      if (pieces.length === 0) socket.destroy();
    });
    socket.on("error", () => undefined);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const socket = connect((server.address() as AddressInfo).port, "127.0.0.1");
  socket.on("error", () => undefined);
  try {
    await startTls(socket);
  } finally {
    socket.destroy();
    server.close();
  }
}

const yes = "300c02010178070a010004000400";

test("an answer is taken as it is, long lengths and pieces included", async () => {
  await answered(yes);
  await answered(yes.slice(0, 8), yes.slice(8));
  await answered("308400000010020101788400000007" + "0a010004000400");
});

test("a directory that declines, that says anything else or more, or that goes is not spoken to", async () => {
  const declined = (...pieces: string[]) => assert.rejects(answered(...pieces), TlsDeclined);
  await declined("300c02010178070a010204000400");
  await declined("300c02010278070a010004000400");
  await declined("300c02010161070a010004000400");
  await declined(`${yes}300c02010261070a010004000400`);
  await declined("48545450".repeat(2_000));
  await declined();
});

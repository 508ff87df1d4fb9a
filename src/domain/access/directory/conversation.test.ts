import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type AddressInfo, type Socket } from "node:net";
import { test } from "node:test";
import { hasCode } from "#contract/errors";
import { Conversation } from "./conversation.ts";

/** A search at a server that does this once it is asked for something; how often it was connected to. */
async function asked(answer: (socket: Socket) => void): Promise<number> {
  let connections = 0;
  const server = createServer((socket) => {
    connections++;
    socket.on("error", () => undefined);
    socket.once("data", () => answer(socket));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const conversation = await Conversation.open(
    {
      url: `ldap://127.0.0.1:${port}`,
      host: "127.0.0.1",
      port,
      tls: "none",
      may: () => true,
      patience: 10_000,
    },
    "nobody in particular",
  );
  const search = () =>
    conversation.search({ base: "dc=x", filter: "(objectClass=*)", attributes: ["cn"], most: 1 });
  try {
    for (let time = 0; time < 2; time++)
      await assert.rejects(search, (error) => hasCode(error, "provider.unreachable"));
  } finally {
    await conversation.close();
    server.close();
  }
  return connections;
}

test("a connection that ends is not made anew without a word", async () => {
  assert.equal(await asked((socket) => socket.destroy()), 1);
});

test("a server that never comes to an end is hung up on", async () => {
  const piece = Buffer.alloc(64 * 1024);
  const flood = (socket: Socket): void => {
    const more = () => {
      while (!socket.destroyed && socket.write(piece));
    };
    socket.write(Buffer.from("30847fffffff", "hex"));
    socket.on("drain", more);
    more();
  };
  assert.equal(await asked(flood), 1);
});

test("nobody has an empty password, and it is not even asked about", async () => {
  let heard = 0;
  const server = createServer((socket) => socket.on("data", () => heard++));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const conversation = await Conversation.open(
    { url: "ldap://127.0.0.1", host: "127.0.0.1", port, tls: "none", may: () => true, patience: 10_000 },
    "nobody in particular",
  );
  for (const [dn = "", password = ""] of [
    ["cn=ann", ""],
    ["", "a password"],
    [" ", "a password"],
    ["cn=ann", "\0"],
    ["cn=ann", "a\0b"],
  ])
    assert.equal(await conversation.fits(dn, password), "no");
  await conversation.close();
  server.close();
  await once(server, "close");
  assert.equal(heard, 0);
});

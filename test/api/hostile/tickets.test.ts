/** Does a ticket open one console once, for whom it was given to, however somebody tries? */
import assert from "node:assert/strict";
import { once } from "node:events";
import { link } from "node:fs/promises";
import { after, before, describe, it } from "node:test";
import { WebSocket } from "ws";
import { guestPlace } from "#domain/guest/place";
import { FakedDaemon } from "../../fakes/faked-daemon.ts";
import { FakeVnc } from "../../fakes/fake-vnc.ts";
import { addPerson, bugsOf, othersAreServed, ownPage, signIn, tell } from "./bystander.ts";

describe("tickets and streams", () => {
  const screen = new FakeVnc();
  let daemon: FakedDaemon;
  let url = "";
  let cookie = "";
  let other = "";
  before(async () => {
    await screen.start();
    daemon = await FakedDaemon.start({ listen: true });
    for (const name of ["bystander", "anna", "bert"]) await addPerson(daemon, name, "operator");
    url = await daemon.url();
    await daemon.image("tiny", "none");
    for (const name of ["one", "two"]) {
      const body = { image: "tiny", name, memory: 16_777_216 };
      const { result } = await daemon.client.waitFor(await daemon.client.call("guestCreate", { body }));
      // The stand-in for QEMU shows no screen.
      const { id } = (result as { guest: { id: string } }).guest;
      await link(screen.path, guestPlace(daemon.paths, id).display);
    }
    cookie = await signIn(url, "anna");
    other = await signIn(url, "bert");
  });
  after(async () => {
    await daemon.close();
    await screen.close();
  });

  async function ticketFor(guest: string, who = cookie): Promise<string> {
    const headers = { cookie: who, ...ownPage(url) };
    const path = `/v1/guests/${guest}/display-ticket`;
    const { status, text } = await tell(url, { method: "POST", path, headers, body: "{}" });
    assert.equal(status, 200, text);
    return (JSON.parse(text) as { ticket: string }).ticket;
  }

  /** The display of a guest: "started", or why it is not. */
  async function open(
    guest: string,
    ticket: string,
    who?: string,
  ): Promise<{ said: string; socket: WebSocket }> {
    const query = new URLSearchParams({ ticket }).toString();
    const address = `${url.replace("http", "ws")}/v1/guests/${guest}/display?${query}`;
    const headers = who === undefined ? {} : { cookie: who, origin: url };
    const socket = new WebSocket(address, { headers });
    socket.on("error", () => undefined);
    const said = await new Promise<string>((resolve) => {
      socket.once("unexpected-response", (_request, { statusCode }) => resolve(String(statusCode)));
      socket.once("message", () => resolve("started"));
      socket.once("close", (_code, reason) => resolve(reason.toString()));
    });
    return { said, socket };
  }

  const tried = async (guest: string, ticket: string, who?: string): Promise<string> => {
    const { said, socket } = await open(guest, ticket, who);
    socket.terminate();
    return said;
  };

  it("open once, and not for another guest, another person, or whoever makes one up", async () => {
    const ticket = await ticketFor("one");
    assert.equal(await tried("one", ticket, cookie), "started");
    for (const who of [cookie, other, undefined])
      assert.equal(await tried("one", ticket, who), "console.ticket_refused");
    assert.equal(await tried("two", await ticketFor("one"), cookie), "console.ticket_refused");
    const foreign = await ticketFor("one");
    assert.equal(await tried("one", foreign, other), "console.ticket_refused");
    assert.equal(await tried("one", foreign, cookie), "console.ticket_refused", "the attempt used it up");
    for (const made of ["", "A".repeat(43), "A".repeat(4_000), "../..", "\0", "%00", "null"])
      assert.match(await tried("one", made), /^(console\.ticket_refused|400|401)$/, made);
  });

  it("are raced for by many, and one of them wins", async () => {
    const ticket = await ticketFor("one");
    const all = await Promise.all(Array.from({ length: 20 }, () => tried("one", ticket)));
    assert.equal(all.filter((said) => said === "started").length, 1);
    assert.equal(all.filter((said) => said === "console.ticket_refused").length, 19);
  });

  it("by the thousand void only their asker's own", async () => {
    const theirs = await ticketFor("two", other);
    const first = await ticketFor("one");
    for (let round = 0; round < 20; round++)
      await Promise.all(Array.from({ length: 50 }, () => ticketFor("one")));
    assert.equal(await tried("one", first, cookie), "console.ticket_refused");
    assert.equal(await tried("two", theirs, other), "started");
    await othersAreServed(url);
  });

  it("are a share for each: one person's streams leave another's alone", async () => {
    const address = `${url.replace("http", "ws")}/v1/events`;
    const stream = async (who: string): Promise<{ socket: WebSocket; said: string }> => {
      const socket = new WebSocket(address, { headers: { cookie: who, origin: url } });
      socket.on("error", () => undefined);
      const [data] = (await once(socket, "message")) as [Buffer];
      return { socket, said: data.toString() };
    };
    const sockets: WebSocket[] = [];
    const told: string[] = [];
    for (let round = 0; round < 10; round++)
      for (const { socket, said } of await Promise.all(Array.from({ length: 30 }, () => stream(cookie)))) {
        sockets.push(socket);
        told.push(said);
      }
    assert.equal(told.filter((said) => said.includes('"api.too_many_streams"')).length, 300 - 256);
    const theirs = await stream(other);
    assert.doesNotMatch(theirs.said, /"error"/);
    await othersAreServed(url);
    const closed = once(theirs.socket, "close");
    for (const socket of [...sockets, theirs.socket]) socket.terminate();
    await closed;
    assert.deepEqual(bugsOf(daemon).slice(0, 3), []);
  });
});

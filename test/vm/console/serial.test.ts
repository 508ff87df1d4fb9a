/** Can a browser use a guest's serial console: with a ticket, its history, keys, and the window's size? */
import assert from "node:assert/strict";
import { connect } from "node:net";
import { after, before, describe, it } from "node:test";
import { WebSocket } from "ws";
import { TestLodge } from "../daemon.ts";

describe("a serial console with a ticket", () => {
  let lodge: TestLodge;
  before(async () => {
    lodge = await TestLodge.start(undefined, { parked: false });
    await lodge.run({ name: "g", cold: true });
  });
  after(() => lodge?.[Symbol.asyncDispose]());

  interface Terminal {
    readonly socket: WebSocket;
    /** Resolves once what was said since the start holds this. */
    says(words: RegExp): Promise<void>;
    said(): string;
    type(words: string): void;
  }

  const open = async (viewOnly: boolean): Promise<Terminal> => {
    const { ticket } = await lodge.client.call("guestDisplayTicket", {
      params: { guest: "g" },
      body: { viewOnly },
    });
    const options = { createConnection: () => connect(lodge.paths.socket) };
    const socket = new WebSocket(`ws://lodge/v1/guests/g/console?ticket=${ticket}`, options as never);
    let said = "";
    let changed: () => void = () => undefined;
    socket.on("message", (data: Buffer, isBinary) => {
      if (isBinary) said += data.subarray(1).toString();
      changed();
    });
    socket.on("close", () => changed());
    await new Promise((resolve) => socket.once("open", resolve));
    socket.send(JSON.stringify({ type: "console", scrollback: 1_048_576 }));
    return {
      socket,
      said: () => said,
      type: (words) => socket.send(Buffer.concat([Buffer.of(0), Buffer.from(words)])),
      async says(words) {
        while (!words.test(said)) {
          assert.equal(socket.readyState, WebSocket.OPEN, `closed before ${words}: ${said.slice(-500)}`);
          await new Promise<void>((resolve) => (changed = resolve));
        }
      },
    };
  };

  it("shows what was said from the start, to all, and takes keys from those who may type", async () => {
    const [one, two] = [await open(false), await open(true)];
    await Promise.all([one, two].map((each) => each.says(/tiny guest is up/)));
    two.type("echo no $((2*3))\n");
    one.type("echo yes $((6*7))\n");
    await Promise.all([one, two].map((each) => each.says(/yes 42/)));
    assert.doesNotMatch(two.said(), /no 6/);
    one.socket.close();
    two.socket.close();
  });

  it("has the size of the window, with an agent in the guest", async () => {
    const terminal = await open(false);
    await terminal.says(/tiny guest is up/);
    terminal.socket.send(JSON.stringify({ type: "resize", rows: 51, cols: 163 }));
    // Asked by another way, until it is so: nothing tells when.
    while ((await lodge.sh("g", "stty -F /dev/ttyS0 size")) !== "51 163");
    terminal.type("stty size\n");
    await terminal.says(/51 163/);
    terminal.socket.close();
  });
});

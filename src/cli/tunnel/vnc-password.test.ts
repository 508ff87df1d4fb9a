import assert from "node:assert/strict";
import { duplexPair, type Duplex } from "node:stream";
import { describe, it } from "node:test";
import { hasCode } from "#contract/errors";
import { answerTo, askPassword, enterDisplay, newVncPassword } from "./vnc-password.ts";

/** Reads as a viewer does: so many bytes after the other. */
function reader(stream: Duplex): (count: number) => Promise<Buffer> {
  const chunks = stream[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  let held = Buffer.alloc(0);
  return async (count) => {
    while (held.length < count) held = Buffer.concat([held, (await chunks.next()).value as Buffer]);
    const bytes = held.subarray(0, count);
    held = held.subarray(count);
    return bytes;
  };
}

describe("a password before a display", () => {
  it("is answered to as other programs do", () => {
    // What OpenSSL's DES makes of these with the key "secret", whose bits stand the other way about in each byte.
    const challenge = Buffer.from("000102030405060708090a0b0c0d0e0f", "hex");
    assert.equal(answerTo(challenge, "secret").toString("hex"), "ee22539f33a5983ec12f9c2edbc995dd");
  });

  it("lets in who knows it, and says to the display what a viewer would", async () => {
    const password = newVncPassword();
    assert.match(password, /^[a-z2-9]{8}$/);
    const [near, far] = duplexPair();
    const asked = askPassword(near, password);
    const read = reader(far);
    assert.equal((await read(12)).toString(), "RFB 003.008\n");
    // Also one that calls itself 3.889, as macOS does; and what it says next may come at once.
    far.write("RFB 003.889\n");
    assert.deepEqual([...(await read(2))], [1, 2]);
    far.write(Buffer.of(2));
    far.write(Buffer.concat([answerTo(await read(16), password), Buffer.of(1)]));
    assert.deepEqual([...(await read(4))], [0, 0, 0, 0]);
    await asked;
    assert.deepEqual([...(near.read() as Buffer)], [1]);

    const [mine, display] = duplexPair();
    const entered = enterDisplay(mine);
    const heard = reader(display);
    display.write("RFB 003.008\n");
    assert.equal((await heard(12)).toString(), "RFB 003.008\n");
    display.write(Buffer.of(1, 1));
    assert.deepEqual([...(await heard(1))], [1]);
    display.write(Buffer.from([0, 0, 0, 0, 99]));
    await entered;
    assert.deepEqual([...(mine.read() as Buffer)], [99]);
  });

  it("keeps out who does not, and says so", async () => {
    const [near, far] = duplexPair();
    const refused = assert.rejects(askPassword(near, "right"), (error) =>
      hasCode(error, "tunnel.wrong_password"),
    );
    const read = reader(far);
    await read(12);
    far.write("RFB 003.008\n");
    await read(2);
    far.write(Buffer.of(2));
    far.write(answerTo(await read(16), "wrong"));
    assert.equal((await read(32)).subarray(8).toString(), "This is not the password");
    await refused;
  });

  it("keeps out who speaks something else, chooses what was not offered, or goes", async () => {
    for (const words of ["GET / HTTP/1.1\r\n\r\n", "RFB 003.003\n", "RFB 003.008\n\x01", undefined]) {
      const [near, far] = duplexPair();
      const refused = assert.rejects(askPassword(near, "right"), (error) =>
        hasCode(error, "console.protocol"),
      );
      far.resume();
      if (words === undefined) far.end();
      else far.write(words);
      await refused;
    }
  });
});

/**
 * A password before a display, for viewers that bring one: security type 2 of RFB 3.8 (RFC 6143, 7.2.2). The display
 * itself asks for none (type 1), since its ticket has let this program in.
 *
 *   viewer                        this                          display
 *     | <-- RFB 003.008 ----------- |  ── RFB 003.008 ──────────── |
 *     | <-- types: 2 -------------- |  <-- types: 1                |
 *     | <-- challenge, 16 bytes --- |  ── 1 ─────────────────────► |
 *     | --- its DES by password --► |  <-- OK                      |
 *     | <-- OK, or why not          |
 *     | --- ClientInit, and from then on bytes as they are ------► |
 *
 * DES and eight letters keep out whoever may try a few times on this computer; this is no protection on a network.
 */
import { createCipheriv, randomBytes, randomInt, timingSafeEqual } from "node:crypto";
import { once } from "node:events";
import type { Duplex } from "node:stream";
import { LodgeError } from "#contract/errors";

const version = Buffer.from("RFB 003.008\n");
const versionForm = /^RFB 003\.(\d{3})\n$/;
const security = { none: 1, password: 2 } as const;
const passwordLength = 8;
const letters = "abcdefghijkmnpqrstuvwxyz23456789";

export const newVncPassword = (): string =>
  Array.from({ length: passwordLength }, () => letters[randomInt(letters.length)]).join("");

/** What a viewer answers who knows the password. The bits of each byte of the key stand the other way about. */
export function answerTo(challenge: Uint8Array, password: string): Buffer {
  const key = Buffer.alloc(passwordLength);
  Buffer.from(password, "latin1").copy(key);
  const turned = key.map((byte) =>
    Number.parseInt(byte.toString(2).padStart(8, "0").split("").toReversed().join(""), 2),
  );
  // Three times the same key is DES with that key, which is not offered by itself any more.
  const cipher = createCipheriv("des-ede3-ecb", Buffer.concat([turned, turned, turned]), null);
  cipher.setAutoPadding(false);
  return Buffer.concat([cipher.update(challenge), cipher.final()]);
}

/** Asks a viewer for the password. What it says next is its ClientInit. @throws LodgeError tunnel.wrong_password, console.protocol */
export async function askPassword(viewer: Duplex, password: string): Promise<void> {
  viewer.write(version);
  const [, minor = "0"] = versionForm.exec((await take(viewer, version.length)).toString("latin1")) ?? [];
  if (Number(minor) < 8) throw notRfb("the viewer", "it is of an earlier version");
  viewer.write(Buffer.of(1, security.password));
  const [chosen] = await take(viewer, 1);
  if (chosen !== security.password) throw notRfb("the viewer", "it chose what was not offered");
  const challenge = randomBytes(16);
  viewer.write(challenge);
  const answer = await take(viewer, challenge.length);
  if (timingSafeEqual(answer, answerTo(challenge, password))) return void viewer.write(Buffer.alloc(4));
  const reason = Buffer.from("This is not the password.");
  const head = Buffer.alloc(8);
  head.writeUInt32BE(1, 0);
  head.writeUInt32BE(reason.length, 4);
  viewer.end(Buffer.concat([head, reason]));
  throw new LodgeError("tunnel.wrong_password");
}

/** Greets a display for a viewer that has been greeted. What it says next is its ServerInit. @throws LodgeError console.protocol */
export async function enterDisplay(display: Duplex): Promise<void> {
  await take(display, version.length);
  display.write(version);
  const [count = 0] = await take(display, 1);
  if (!(await take(display, count)).includes(security.none))
    throw notRfb("the display", "it asks for a password");
  display.write(Buffer.of(security.none));
  if ((await take(display, 4)).readUInt32BE() !== 0) throw notRfb("the display", "it refuses");
}

const notRfb = (who: string, reason: string) => new LodgeError("console.protocol", { who, reason });

/** So many bytes; what comes after them stays where it is. @throws LodgeError console.protocol: it ended before */
async function take(stream: Duplex, count: number): Promise<Buffer> {
  for (;;) {
    const bytes = count === 0 ? Buffer.alloc(0) : (stream.read(count) as Buffer | null);
    if (bytes?.length === count) return bytes;
    if (stream.readableEnded || stream.destroyed) throw notRfb("the other end", "it ended");
    await Promise.race([once(stream, "readable"), once(stream, "end"), once(stream, "close")]);
  }
}

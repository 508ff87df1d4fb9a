/**
 * How RFB 3.8 begins (RFC 6143, 7.1-7.3), at both of the gateway's ends. Nobody is asked who he is here: QEMU's socket
 * is open to Lodge alone, and a viewer has shown its ticket.
 *
 *   server                                  client
 *     | --- "RFB 003.008\n" -----------------> |
 *     | <-- "RFB 003.008\n" ------------------ |
 *     | --- 1, 1 (one kind of security: none)> |
 *     | <-- 1 -------------------------------- |
 *     | --- 0, 0, 0, 0 (it is well) ---------> |
 *     | <-- 1 (shared) ----------------------- |
 *     | --- size, pixel format, name --------> |
 *
 * Nothing in it hangs on what the other end says: at both, the gateway says all of its part at once, so that a viewer's first
 * request is there one round trip after its connection, and not four. Whoever wants something else than this is refused as before.
 */
import { LodgeError } from "#contract/errors";
import type { ByteReader, Reading } from "./byte-reader.ts";
import { formatLength, readPixelFormat, type PixelFormat } from "./pixel-format.ts";

export interface Screen {
  readonly width: number;
  readonly height: number;
  readonly format: PixelFormat;
}

const version = Buffer.from("RFB 003.008\n", "latin1");
const noSecurity = 1;
const shared = 1;
const isWell = Buffer.alloc(4);
/** Nothing in a handshake is longer, but QEMU's name of a guest might come near. */
const longest = 4096;

function* bytes(count: number): Reading<Buffer> {
  return yield count;
}

/** Greets QEMU as its viewer. @throws LodgeError console.protocol */
export async function greetServer(reader: ByteReader, write: (bytes: Buffer) => void): Promise<Screen> {
  const refuse = (reason: string) => new LodgeError("console.protocol", { who: "QEMU", reason });
  write(Buffer.concat([version, Buffer.of(noSecurity, shared)]));
  if (!(await reader.read(bytes(12), longest)).equals(version)) throw refuse("it does not speak RFB 3.8");
  const [count = 0] = await reader.read(bytes(1), longest);
  if (!(await reader.read(bytes(count), longest)).includes(noSecurity)) throw refuse("it wants a password");
  if ((await reader.read(bytes(4), longest)).readUInt32BE(0) !== 0) throw refuse("it refuses");
  return reader.read(screen(), longest);
}

function* screen(): Reading<Screen> {
  const size = yield 4;
  const format = readPixelFormat(yield formatLength, "QEMU");
  yield (yield 4).readUInt32BE(0);
  return { width: size.readUInt16BE(0), height: size.readUInt16BE(2), format };
}

/**
 * Greets a viewer as its server; resolves to how many milliseconds its answer took.
 * @throws LodgeError console.protocol
 */
export async function greetViewer(
  reader: ByteReader,
  write: (bytes: Buffer) => void,
  { width, height, format, name }: Screen & { readonly name: string },
): Promise<number> {
  const refuse = (reason: string) => new LodgeError("console.protocol", { who: "the viewer", reason });
  const words = Buffer.from(name);
  const head = Buffer.alloc(24);
  head.writeUInt16BE(width, 0);
  head.writeUInt16BE(height, 2);
  format.bytes.copy(head, 4);
  head.writeUInt32BE(words.length, 20);
  const begin = performance.now();
  // noVNC reads on behind the version only with the next message.
  write(version);
  write(Buffer.concat([Buffer.of(1, noSecurity), isWell, head, words]));
  if (!(await reader.read(bytes(12), longest)).equals(version)) throw refuse("it does not speak RFB 3.8");
  const took = performance.now() - begin;
  if ((await reader.read(bytes(1), longest))[0] !== noSecurity) throw refuse("it wants a password");
  await reader.read(bytes(1), longest);
  return took;
}

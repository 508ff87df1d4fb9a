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
/** Nothing in a handshake is longer, but QEMU's name of a guest might come near. */
const longest = 4096;

function* bytes(count: number): Reading<Buffer> {
  return yield count;
}

/** Greets QEMU as its viewer. @throws LodgeError console.protocol */
export async function greetServer(reader: ByteReader, write: (bytes: Buffer) => void): Promise<Screen> {
  const refuse = (reason: string) => new LodgeError("console.protocol", { who: "QEMU", reason });
  if (!(await reader.read(bytes(12), longest)).equals(version)) throw refuse("it does not speak RFB 3.8");
  write(version);
  const [count = 0] = await reader.read(bytes(1), longest);
  if (!(await reader.read(bytes(count), longest)).includes(noSecurity)) throw refuse("it wants a password");
  write(Buffer.of(noSecurity));
  if ((await reader.read(bytes(4), longest)).readUInt32BE(0) !== 0) throw refuse("it refuses");
  write(Buffer.of(1));
  return reader.read(screen(), longest);
}

function* screen(): Reading<Screen> {
  const size = yield 4;
  const format = readPixelFormat(yield formatLength, "QEMU");
  yield (yield 4).readUInt32BE(0);
  return { width: size.readUInt16BE(0), height: size.readUInt16BE(2), format };
}

/**
 * Greets a viewer as its server; resolves to how many milliseconds each of its answers took.
 * @throws LodgeError console.protocol
 */
export async function greetViewer(
  reader: ByteReader,
  write: (bytes: Buffer) => void,
  { width, height, format, name }: Screen & { readonly name: string },
): Promise<number[]> {
  const refuse = (reason: string) => new LodgeError("console.protocol", { who: "the viewer", reason });
  const took: number[] = [];
  const asked = async (question: Buffer, length: number) => {
    const begin = performance.now();
    write(question);
    const answer = await reader.read(bytes(length), longest);
    took.push(performance.now() - begin);
    return answer;
  };
  if (!(await asked(version, 12)).equals(version)) throw refuse("it does not speak RFB 3.8");
  if ((await asked(Buffer.of(1, noSecurity), 1))[0] !== noSecurity) throw refuse("it wants a password");
  await asked(Buffer.alloc(4), 1);
  const words = Buffer.from(name);
  const head = Buffer.alloc(24);
  head.writeUInt16BE(width, 0);
  head.writeUInt16BE(height, 2);
  format.bytes.copy(head, 4);
  head.writeUInt32BE(words.length, 20);
  write(Buffer.concat([head, words]));
  return took;
}

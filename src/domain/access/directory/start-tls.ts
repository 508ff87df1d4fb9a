/**
 * StartTLS (RFC 4511, 4.14): asks a directory that was met in plain to go on under TLS. Nothing but its answer is taken in
 * plain: what somebody put behind that would otherwise count as said under TLS.
 */
import type { Socket } from "node:net";

/** LDAPMessage { messageID 1, extendedReq { requestName "1.3.6.1.4.1.1466.20037" } } */
const request = Buffer.concat([
  Buffer.from([0x30, 0x1d, 0x02, 0x01, 0x01, 0x77, 0x18, 0x80, 0x16]),
  Buffer.from("1.3.6.1.4.1.1466.20037"),
]);
const longestAnswer = 4_096;

export class TlsDeclined extends Error {}

/** @throws TlsDeclined */
export function startTls(socket: Socket): Promise<void> {
  return new Promise((resolve, reject) => {
    let answer = Buffer.alloc(0);
    const settle = (error?: Error) => {
      socket.off("data", read);
      socket.off("close", gone);
      socket.pause();
      if (error) reject(error);
      else resolve();
    };
    const gone = () => settle(new TlsDeclined("the connection ended"));
    function read(data: Buffer): void {
      answer = Buffer.concat([answer, data]);
      const length = messageLength(answer);
      if (answer.length > longestAnswer) settle(new TlsDeclined("it answered something else"));
      else if (length !== undefined && answer.length >= length)
        settle(answer.length > length ? new TlsDeclined("it said more than was asked") : refusal(answer));
    }
    socket.on("data", read);
    socket.once("close", gone);
    socket.write(request);
  });
}

/** A BER length's octets begin at `at`: what it says, and where its content begins. */
function lengthAt(message: Buffer, at: number): { length: number; content: number } | undefined {
  const first = message[at];
  if (first === undefined) return undefined;
  if (first < 0x80) return { length: first, content: at + 1 };
  const octets = first & 0x7f;
  if (octets > 4 || message.length < at + 1 + octets) return undefined;
  return { length: octets === 0 ? 0 : message.readUIntBE(at + 1, octets), content: at + 1 + octets };
}

/** Of the whole message, once so much of it is there that it is known. */
function messageLength(message: Buffer): number | undefined {
  const found = lengthAt(message, 1);
  return found && found.content + found.length;
}

/** What is wrong with LDAPMessage { messageID 1, extendedResp { resultCode, … } }. */
function refusal(message: Buffer): TlsDeclined | undefined {
  const at = lengthAt(message, 1)?.content ?? 0;
  const answersUs = message.subarray(at, at + 4).equals(Buffer.from([0x02, 0x01, 0x01, 0x78]));
  const body = answersUs ? lengthAt(message, at + 4) : undefined;
  if (!body || message[body.content] !== 0x0a || message[body.content + 1] !== 0x01)
    return new TlsDeclined("it answered something else");
  const code = message[body.content + 2];
  return code === 0 ? undefined : new TlsDeclined(`its answer was result code ${code}`);
}

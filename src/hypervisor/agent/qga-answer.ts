/**
 * What QEMU's guest agent answers, checked: it is a guest that speaks, and may say anything. Every parser
 * throws a RangeError for what an honest agent does not say.
 */
import { constants } from "node:os";

export interface QgaAnswer {
  readonly return?: unknown;
  readonly error?: { readonly class: string; readonly desc: string };
}

/** How a command ended, and what it wrote. */
export interface QgaResult {
  readonly exit: { readonly code: number } | { readonly signal: string };
  readonly stdout: Buffer;
  readonly stderr: Buffer;
  /** Was some of it beyond what the agent keeps? */
  readonly truncated: boolean;
}

/** Values, objects and lists in one answer: a line of brackets would take a hundred times its length in memory. */
const mostParts = 50_000;

export function parseAnswer(line: Buffer): QgaAnswer {
  if (countParts(line) > mostParts) throw new RangeError("it has too many parts");
  const answer = parseObject(parseJson(line.toString()));
  if (answer["error"] === undefined) return { return: answer["return"] };
  const error = parseObject(answer["error"]);
  return { error: { class: text(error["class"]), desc: text(error["desc"]).slice(0, 1000) } };
}

/** By the commas and opening brackets, which may as well be in a text. */
function countParts(line: Buffer): number {
  let parts = 0;
  for (let at = 0; at < line.length; at++) {
    const byte = line[at];
    if (byte === 0x2c || byte === 0x5b || byte === 0x7b) parts++;
  }
  return parts;
}

function parseJson(words: string): unknown {
  try {
    return JSON.parse(words);
  } catch (cause) {
    throw new RangeError("it is no JSON", { cause });
  }
}

export function parseObject(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return { ...value };
  throw new RangeError("an object is missing in it");
}

export function parseList(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw new RangeError("a list is missing in it");
}

export function integer(value: unknown): number {
  if (Number.isSafeInteger(value)) return value as number;
  throw new RangeError("a number is missing in it");
}

export function text(value: unknown): string {
  if (typeof value === "string") return value;
  throw new RangeError("a text is missing in it");
}

const bytes = (value: unknown): Buffer => Buffer.from(value === undefined ? "" : text(value), "base64");

/** The end of a command; undefined while it runs. */
export function parseStatus(value: unknown): QgaResult | undefined {
  const status = parseObject(value);
  if (status["exited"] !== true) return undefined;
  const signal = status["signal"];
  return {
    exit:
      signal === undefined ? { code: integer(status["exitcode"]) } : { signal: signalName(integer(signal)) },
    stdout: bytes(status["out-data"]),
    stderr: bytes(status["err-data"]),
    truncated: status["out-truncated"] === true || status["err-truncated"] === true,
  };
}

const signals = new Map(Object.entries(constants.signals).map(([name, number]) => [number as number, name]));
const signalName = (number: number): string => signals.get(number) ?? `signal ${number}`;

/** A part of a file, and whether it is the last. */
export function parsePart(value: unknown): { bytes: Buffer; last: boolean } {
  const part = parseObject(value);
  const found = { bytes: bytes(part["buf-b64"]), last: part["eof"] === true };
  if (found.bytes.length === 0 && !found.last) throw new RangeError("a part of a file is empty");
  return found;
}

/** How many of the bytes that were offered were written. */
export const parseWritten =
  (offered: number) =>
  (value: unknown): number => {
    const written = integer(parseObject(value)["count"]);
    if (written > 0 && written <= offered) return written;
    throw new RangeError("it wrote what it was not given");
  };

/** Every address of every card, with its prefix: 192.0.2.7/24 */
export function parseAddresses(value: unknown): string[] {
  return parseList(value).flatMap((card) =>
    parseList(parseObject(card)["ip-addresses"] ?? []).map((item) => {
      const address = parseObject(item);
      return `${text(address["ip-address"])}/${integer(address["prefix"])}`;
    }),
  );
}

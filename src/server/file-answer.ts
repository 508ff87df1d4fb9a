/** A file as an answer, or the part of it that was asked for (RFC 9110, 14). */
import { createReadStream } from "node:fs";
import { Readable } from "node:stream";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { PassingFile, ServedFile } from "#contract/call";
import { LodgeError } from "#contract/errors";

interface Part {
  readonly from: number;
  /** The last byte. */
  readonly to: number;
}

/**
 * What a Range header asks for; undefined: all of it, also where the header is none that is understood, as for several parts.
 * @throws LodgeError api.range where the file has no such part.
 */
export function partOf(header: string | undefined, size: number): Part | undefined {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header ?? "");
  const [first = "", last = ""] = match?.slice(1) ?? [];
  if (first === "" && last === "") return undefined;
  const from = first === "" ? Math.max(0, size - Number(last)) : Number(first);
  const to = first === "" || last === "" ? size - 1 : Math.min(Number(last), size - 1);
  if (first !== "" && last !== "" && Number(last) < from) return undefined;
  if (from >= size) throw new LodgeError("api.range", { size });
  return { from, to };
}

export function sendFile(
  request: FastifyRequest,
  reply: FastifyReply,
  { path, size, name }: ServedFile,
  media: string,
): FastifyReply {
  reply.type(media).header("accept-ranges", "bytes").header("content-disposition", savedAs(name));
  let part: Part | undefined;
  try {
    part = partOf(request.headers.range, size);
  } catch (error) {
    reply.header("content-range", `bytes */${size}`);
    throw error;
  }
  if (part) reply.code(206).header("content-range", `bytes ${part.from}-${part.to}/${size}`);
  const { from, to } = part ?? { from: 0, to: size - 1 };
  reply.header("content-length", to - from + 1);
  // A file that is written to may have become longer by now: what was said of it counts.
  return reply.send(size === 0 ? Readable.from([]) : createReadStream(path, { start: from, end: to }));
}

export const sendPassing = (
  reply: FastifyReply,
  { stream, size, name }: PassingFile,
  media: string,
): FastifyReply =>
  reply
    .type(media)
    .header("content-disposition", savedAs(name))
    .header("content-length", size)
    .send(Readable.fromWeb(stream as NodeStream));

type NodeStream = Parameters<typeof Readable.fromWeb>[0];

/** RFC 6266: a name in ASCII and, where that is not all of it, whole as RFC 8187 writes it. Whatever it is, it ends nothing here. */
export function savedAs(name: string): string {
  const plain = name.replaceAll(/[^ -~]|["%\\/]/g, "_");
  if (plain === name) return `attachment; filename="${name}"`;
  const whole = encodeURIComponent(name.toWellFormed()).replaceAll(
    /['()*]/g,
    (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `attachment; filename="${plain}"; filename*=UTF-8''${whole}`;
}

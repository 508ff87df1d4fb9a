/**
 * tus 1.0, the protocol of resumable uploads: how programs send files that are too large for one request.
 * Here it is a second way to say what routes of uploads say in JSON: with the header Tus-Resumable its statuses
 * and headers, without it ours. Spoken are its core and the extensions that OPTIONS names.
 */
import type { IncomingHttpHeaders } from "node:http";
import { Readable } from "node:stream";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { LodgeError } from "#contract/errors";
import type { Route } from "#contract/route";
import { routes } from "#contract/routes";
import type { Schemas } from "#contract/schemas";
import type { Piece } from "#domain/upload/receive";

const version = "1.0.0";
const extensions = "creation,termination,checksum,expiration";
const algorithms = ["sha1", "sha256"] as const;
const mediaType = "application/offset+octet-stream";
/** Bytes of the longest Upload-Metadata: a head has 16 KiB. */
const longestMetadata = 8_192;

const speaksTus = ({ headers }: FastifyRequest): boolean => headers["tus-resumable"] !== undefined;

/** Pieces of files are handed on as they come, and only where a route takes them. */
export function installTus(app: FastifyInstance): void {
  app.addContentTypeParser(mediaType, (request, payload, done) => {
    const name = request.routeOptions.config.route;
    const route: Route | undefined = name && routes[name];
    if (route?.bytes) done(null, payload);
    else done(new LodgeError("api.media_type"));
  });
  app.options(routes.uploadCreate.path, { config: { permission: "anyone" } }, (_request, reply) => {
    void reply
      .code(204)
      .headers({
        "tus-resumable": version,
        "tus-version": version,
        "tus-extension": extensions,
        "tus-checksum-algorithm": algorithms.join(","),
        "tus-max-size": String(2 ** 44),
      })
      .send();
  });
}

/** What a request to a route of uploads has in its headers. @throws LodgeError upload.version, upload.metadata */
export function readTus(request: FastifyRequest, route: Route): void {
  const { headers } = request;
  const spoken = headers["tus-resumable"];
  if (spoken !== undefined && spoken !== version)
    throw new LodgeError("upload.version", { version: String(spoken).slice(0, 20) });
  if (route.method === "POST" && speaksTus(request) && request.body === undefined)
    request.body = creationOf(headers);
}

function creationOf(headers: IncomingHttpHeaders): Record<string, unknown> {
  const length = headers["upload-length"];
  if (typeof length !== "string" || !/^\d{1,15}$/.test(length))
    throw new LodgeError("upload.metadata", { header: "Upload-Length", reason: "must be a number of bytes" });
  const { filename, file = filename, name, fingerprint } = metadataOf(headers["upload-metadata"]);
  return { size: Number(length), ...defined({ file, name, fingerprint }) };
}

const defined = (fields: Record<string, string | undefined>) =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));

/** "filename d2luLmlzbw==,name d2lu": keys, each with its value in base64. */
export function metadataOf(header: string | string[] | undefined): Record<string, string | undefined> {
  const wrong = (reason: string) => new LodgeError("upload.metadata", { header: "Upload-Metadata", reason });
  if (header === undefined || header === "") return {};
  if (typeof header !== "string" || header.length > longestMetadata) throw wrong("is too long");
  const found = new Map<string, string>();
  for (const pair of header.split(",")) {
    const [, key, value = ""] = /^ *([!-+\--~]+)(?: ([A-Za-z0-9+/]*={0,2}))? *$/.exec(pair) ?? [];
    if (key === undefined || found.has(key)) throw wrong("must be keys, each with its value in base64");
    found.set(key, Buffer.from(value, "base64").toString("utf8"));
  }
  return Object.fromEntries(found);
}

/** The piece that a request brings. @throws LodgeError upload.not_bytes, upload.metadata */
export function pieceOf({ headers, body }: FastifyRequest): Piece {
  if (!(body instanceof Readable)) throw new LodgeError("upload.not_bytes");
  const offset = headers["upload-offset"];
  if (typeof offset !== "string" || !/^\d{1,15}$/.test(offset))
    throw new LodgeError("upload.metadata", { header: "Upload-Offset", reason: "must be a number of bytes" });
  const checksum = checksumOf(headers["upload-checksum"]);
  return { content: body, offset: Number(offset), ...(checksum ? { checksum } : {}) };
}

function checksumOf(header: string | string[] | undefined): Piece["checksum"] | undefined {
  if (header === undefined) return undefined;
  const [name, value = ""] = String(header).split(" ");
  const algorithm = algorithms.find((each) => each === name);
  if (!algorithm) {
    const reason = `must begin with one of ${algorithms.join(", ")}`;
    throw new LodgeError("upload.metadata", { header: "Upload-Checksum", reason });
  }
  return { algorithm, digest: Buffer.from(value, "base64") };
}

/** Tells where an upload stands; true where that is the whole answer. */
export function sendTus(request: FastifyRequest, reply: FastifyReply, upload: Schemas["Upload"]): boolean {
  const { id, offset, size, expiresAt } = upload;
  void reply.headers({
    "tus-resumable": version,
    "upload-offset": String(offset),
    "upload-length": String(size),
    "upload-expires": new Date(expiresAt).toUTCString(),
  });
  if (request.method === "POST") reply.header("location", `${routes.uploadCreate.path}/${id}`);
  if (!speaksTus(request) || request.method === "GET") return false;
  // Nothing may answer in the server's place.
  reply.header("cache-control", "no-store");
  void reply.code({ HEAD: 200, POST: 201 }[request.method] ?? 204).send();
  return true;
}

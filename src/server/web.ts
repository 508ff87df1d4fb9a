/**
 * Serves the web interface as it was built: web/dist. Everybody may have it, since it holds nothing; what it
 * then asks for is what needs a session.
 *
 *   /assets/NAME-HASH.js    kept for ever: another content has another name
 *   any other page          index.html, which finds out by the address what to show
 *
 * A file is sent as it was compressed at the build. Its name is checked to be one plain name, so that no
 * path leads out of the folder.
 */
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { extname, join } from "node:path";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { LodgeError } from "#contract/errors";
import { pathOf } from "./router.ts";

const types: Readonly<Record<string, string>> = {
  ".css": "text/css; charset=utf-8",
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".png": "image/png",
  ".svg": "image/svg+xml",
  ".webmanifest": "application/manifest+json",
  ".woff2": "font/woff2",
};

/** As the build compressed it, best first. */
const encodings = [
  ["br", ".br"],
  ["gzip", ".gz"],
] as const;

const plainName = /^[A-Za-z0-9_-][A-Za-z0-9._-]*$/;
const aYear = "public, max-age=31536000, immutable";

/** What has its name for good: browsers keep them with a page that was installed. */
const named = ["icon.svg", "icon-192.png", "icon-512.png", "manifest.webmanifest"] as const;

const open = { config: { permission: "anyone" } } as const;

/** Installs the routes; pages are what no other route has. Without a folder there is none of it. */
export function serveWeb(app: FastifyInstance, folder: string | undefined): void {
  if (folder === undefined) {
    app.setNotFoundHandler((request) => {
      throw notFound(request);
    });
    return;
  }
  app.get<{ Params: { name: string } }>("/assets/:name", open, async (request, reply) => {
    const { name } = request.params;
    if (!plainName.test(name)) throw notFound(request);
    return sendFile(request, reply, join(folder, "assets", name), aYear);
  });
  for (const name of named)
    app.get(`/${name}`, open, async (request, reply) =>
      sendFile(request, reply, join(folder, name), "public, max-age=86400"),
    );
  app.setNotFoundHandler(async (request, reply) => {
    if (!isPage(request)) throw notFound(request);
    return sendFile(request, reply, join(folder, "index.html"), "no-cache");
  });
}

const notFound = (request: FastifyRequest): LodgeError =>
  new LodgeError("api.not_found", { path: pathOf(request) });

/** A browser that goes to an address, and not a program that has mistyped one of the API's. */
function isPage(request: FastifyRequest): boolean {
  const path = pathOf(request);
  const asksForPage = request.headers.accept?.includes("text/html") ?? false;
  return request.method === "GET" && asksForPage && path !== "/v1" && !path.startsWith("/v1/");
}

/** The encodings that a request names, whatever it thinks of each: none is ever refused by "q=0" in a browser. */
const acceptedBy = ({ headers: { "accept-encoding": header = "" } }: FastifyRequest): Set<string> =>
  new Set(
    header
      .toString()
      .split(",")
      .map((part) => part.split(";", 1)[0]?.trim() ?? ""),
  );

async function sendFile(
  request: FastifyRequest,
  reply: FastifyReply,
  path: string,
  cache: string,
): Promise<FastifyReply> {
  const accepted = acceptedBy(request);
  const choices = [...encodings.filter(([encoding]) => accepted.has(encoding)), [undefined, ""] as const];
  for (const [encoding, ending] of choices) {
    const found = await stat(path + ending).catch(() => undefined);
    if (!found?.isFile()) continue;
    const etag = `"${found.mtimeMs.toString(36)}-${found.size.toString(36)}"`;
    void reply.headers({ "cache-control": cache, vary: "accept-encoding", etag });
    if (request.headers["if-none-match"] === etag) return reply.code(304).send();
    if (encoding !== undefined) void reply.header("content-encoding", encoding);
    void reply.header("content-length", found.size);
    return reply
      .type(types[extname(path)] ?? "application/octet-stream")
      .send(createReadStream(path + ending));
  }
  // index.html is missing only where nothing was built.
  throw path.endsWith("index.html") ? new LodgeError("api.no_web") : notFound(request);
}

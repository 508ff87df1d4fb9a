/**
 * What every answer tells browsers (docs/decisions/0014-content-security.md).
 *
 * No script but the server's own files runs in its pages. Styles may stand in the page: the terminal and the
 * component library write style elements at run time. That gives an attacker who got text into a page nothing to
 * read with, since nothing may be fetched from elsewhere.
 */
import type { FastifyInstance, FastifyReply } from "fastify";
import type { Listener } from "./caller.ts";

const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data: blob:",
  "font-src 'self' data:",
  "media-src 'self' blob:",
  "connect-src 'self'",
  "worker-src 'self' blob:",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join("; ");

const always = {
  "content-security-policy": policy,
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
} as const;

/** A year. */
const strictTransport = { "strict-transport-security": "max-age=31536000" } as const;

/** What the API says is somebody's own, and true for a moment; a handler may know better. */
const unkept = { "cache-control": "no-store" } as const;

export function setSecurityHeaders(reply: FastifyReply, { secure }: Listener): void {
  const isApi = reply.request.url.startsWith("/v1/");
  reply.headers({ ...always, ...(secure ? strictTransport : {}), ...(isApi ? unkept : {}) });
}

export const installSecurityHeaders = (
  app: FastifyInstance,
  listenerOf: (request: FastifyReply["request"]) => Listener,
): void =>
  void app.addHook("onRequest", async (request, reply) => setSecurityHeaders(reply, listenerOf(request)));

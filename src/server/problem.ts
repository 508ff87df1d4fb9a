/** Any error, as whoever asked gets to see it (RFC 9457 problem details) and as the log keeps it. */
import type { Log } from "#base/log";
import { LodgeError } from "#contract/errors";

/** The largest request body: 2 MiB. Content travels through streams. */
export const bodyLimit = 2 * 1024 * 1024;

/** Fastify's own errors, by their code, in the catalogue's words. */
const fromFastify: Readonly<Record<string, (path: string) => LodgeError>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: () => new LodgeError("api.too_large", { limit: bodyLimit }),
  FST_ERR_CTP_INVALID_MEDIA_TYPE: () => new LodgeError("api.media_type"),
  FST_ERR_CTP_INVALID_JSON_BODY: () => badBody("is not JSON"),
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: () => badBody("is not as long as its Content-Length says"),
  FST_ERR_BAD_URL: (path) => new LodgeError("api.not_found", { path }),
  FST_ERR_MAX_PARAM_LENGTH: (path) => new LodgeError("api.not_found", { path }),
};

const badBody = (reason: string): LodgeError => new LodgeError("api.invalid", { field: "body", reason });

/**
 * The error to answer with. What is not in the catalogue is a bug: its stack goes to the log under a
 * reference, and only the reference to the outside.
 */
export function toAnswer(error: unknown, path: string, reference: string, log: Log): LodgeError {
  if (error instanceof LodgeError) {
    if (error.status >= 500) log.warn({ code: error.code, detail: error.detail, path }, error.message);
    return error;
  }
  const { code, statusCode } = error as { code?: string; statusCode?: number };
  const known = code === undefined ? undefined : fromFastify[code];
  if (known) return known(path);
  if (statusCode === 400) return new LodgeError("api.invalid", { field: "request", reason: "is malformed" });
  log.error({ err: error, path, reference }, "bug");
  const detail = `Look for ${reference} in the daemon's log.`;
  return new LodgeError("api.internal", {}, { cause: error, detail });
}

import type { CatalogueEntry } from "./entry.ts";

/** Errors of the API itself: the request, the connection, and bugs. */
export const apiErrors = {
  "api.internal": {
    status: 500,
    message: "Something went wrong inside Lodge.",
    hint: "This is a bug. The daemon's log has the details: 'lodge logs --daemon'.",
  },
  "api.invalid": {
    status: 400,
    message: "{field}: {reason}.",
    hint: "Correct {field} and try again.",
  },
  "api.range": {
    status: 416,
    message: "There is no such part of it: it has {size} bytes.",
    hint: "Ask for bytes that it has, such as 'Range: bytes=0-1048575'.",
  },
  "api.not_found": {
    status: 404,
    message: "There is nothing at {path}.",
    hint: "'lodge --help' lists the commands; /v1/openapi.json the endpoints.",
  },
  "api.daemon_unreachable": {
    status: 503,
    message: "No Lodge daemon answers at {address}.",
    hint: "Start it with 'npm start', or say where it is: LODGE_HOME, LODGE_URL or --remote.",
  },
  "api.daemon_running": {
    status: 409,
    message: "A Lodge daemon already runs on {home} (process {pid}).",
    hint: "Use it as it is, stop it with 'npm stop', or choose another LODGE_HOME.",
  },
  "api.address_in_use": {
    status: 409,
    message: "The address {address} is already in use.",
    hint: "Choose another one with --listen HOST:PORT.",
  },
  "api.unsupported": {
    status: 422,
    message: "{what} is not supported here: {reason}.",
    hint: "'lodge doctor' says what this host can do.",
  },
  "api.usage": {
    status: 400,
    message: "{reason}.",
    hint: "'{command} --help' shows how it is used.",
  },
  "api.unauthorized": {
    status: 401,
    message: "You are not signed in.",
    hint: "Sign in, or set LODGE_TOKEN to a token: at the host, 'lodge token create NAME' makes one.",
  },
  "api.host_refused": {
    status: 403,
    message: "Lodge does not answer to the host name '{name}'.",
    hint: "Use the address it listens on, or start the daemon with --name {name}.",
  },
  "api.address_refused": {
    status: 422,
    message: "Lodge does not listen on {address}: {reason}.",
    hint: "Choose an address of this computer, as in --listen 127.0.0.1:7070.",
  },
  "api.tls_needed": {
    status: 400,
    message: "Lodge speaks HTTPS alone at this address, and this came in plain HTTP.",
    hint: "Begin the address with https. A password or token that was sent so may have been read: change it.",
  },
  "api.too_large": {
    status: 413,
    message: "The request is larger than {limit} bytes.",
    hint: "Send less at once; put large files into an image, or copy them with 'lodge cp'.",
  },
  "api.changed": {
    status: 412,
    message: "It is not as you last saw it: somebody has changed it meanwhile.",
    hint: "Read it again, and send what you want to change with the ETag of that answer as If-Match.",
  },
  "api.key_reused": {
    status: 422,
    message: "This Idempotency-Key was sent before, with another request.",
    hint: "Give each request a key of its own; repeat a request as it was to get its answer again.",
  },
  "api.media_type": {
    status: 415,
    message: "The request's body is not JSON.",
    hint: "Send it with the header 'Content-Type: application/json'.",
  },
  "api.upgrade_required": {
    status: 426,
    message: "{path} is a WebSocket.",
    hint: "Open it as one, as 'lodge exec', 'console' and 'cp' do; events also come to 'Accept: text/event-stream'.",
  },
  "api.too_many_streams": {
    status: 429,
    message: "You have {limit} streams open already: consoles, displays, commands and events.",
    hint: "Close some of them first.",
  },
  "api.stopping": {
    status: 503,
    message: "The Lodge daemon is stopping.",
    hint: "Guests live on. Start the daemon again with 'npm start'.",
  },
  "api.client_gone": {
    status: 499,
    message: "Whoever asked has gone.",
    hint: "Ask again.",
  },
  "api.no_web": {
    status: 503,
    message: "The web interface is not built.",
    hint: "'npm start' builds it; it need not be stopped first.",
  },
  "api.daemon_lost": {
    status: 502,
    message: "The connection to the Lodge daemon at {address} was lost.",
    hint: "Guests live on. See whether it still runs with 'lodge ls', or start it with 'npm start'.",
  },
  "api.daemon_forbidden": {
    status: 403,
    message: "You may not use the Lodge daemon at {address}.",
    hint: "Run this as the user who started it, or set LODGE_HOME to a home of your own.",
  },
  "api.unexpected_answer": {
    status: 502,
    message: "What answers at {address} does not speak as Lodge does (status {status}).",
    hint: "Check LODGE_URL: something else may listen there, or another version of Lodge.",
  },
  "api.no_tls": {
    status: 502,
    message: "What answers at {address} does not speak HTTPS.",
    hint: "On a loopback address Lodge speaks plain HTTP: begin the address with http.",
  },
  "api.certificate_refused": {
    status: 502,
    message: "The certificate that {address} shows is not trusted: {reason}.",
    hint: "'lodge remote add NAME {address}' pins it, once you have compared its fingerprint.",
  },
  "api.address_closed": {
    status: 403,
    message: "{host} leads to this computer, to a link-local address or into Lodge's own networks.",
    hint: "If it is meant so, an admin opens it with 'lodge outbound --allow ADDRESS'.",
  },
  "api.folder_unsafe": {
    status: 403,
    message: "The folder {path} {reason}.",
    hint: "Find out who made it; then remove it, or choose another LODGE_HOME.",
  },
  "api.token_unsafe": {
    status: 403,
    message: "The token file {path} can be read by others.",
    hint: "Remove it, and the daemon makes a new one when it starts.",
  },
} as const satisfies Record<string, CatalogueEntry>;

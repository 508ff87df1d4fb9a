import type { CatalogueEntry } from "../errors.ts";

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
  "api.not_found": {
    status: 404,
    message: "There is nothing at {path}.",
    hint: "'lodge --help' lists the commands; /v1/openapi.json the endpoints.",
  },
  "api.conflict": {
    status: 412,
    message: "{what} was changed by somebody else meanwhile.",
    hint: "Look at it again and repeat the change.",
  },
  "api.daemon_unreachable": {
    status: 503,
    message: "No Lodge daemon answers at {address}.",
    hint: "Start it with 'npm start', or set LODGE_HOME to the home it uses.",
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
} as const satisfies Record<string, CatalogueEntry>;

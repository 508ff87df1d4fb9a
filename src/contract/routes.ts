/**
 * Every endpoint, once. Pure data with types and no imports but more of it, so that the command line and
 * the browser load it at no cost. Schemas are named here and found in schemas.ts by the server.
 *
 * Long work answers 202 with an Operation. `stream` endpoints are WebSockets; their frames are in stream.ts.
 */
import type { Permission } from "./access.ts";
import type { ErrorCode } from "./errors.ts";
import { accessRoutes } from "./routes/access.ts";
import { imageRoutes } from "./routes/image.ts";
import { passkeyRoutes } from "./routes/passkey.ts";
import { providerRoutes } from "./routes/provider.ts";
import type { Schemas } from "./schemas.ts";

export type SchemaName = keyof Schemas;

export interface Route {
  readonly method: "GET" | "POST" | "PATCH" | "DELETE";
  readonly path: string;
  readonly permission: Permission;
  readonly summary: string;
  readonly body?: SchemaName;
  readonly query?: SchemaName;
  readonly returns?: SchemaName;
  /** The answer is `{items: T[]}`. */
  readonly list?: true;
  /** A list of pages: `{items, next?, at}`. `next` is the following page's cursor, `at` where to follow events from. */
  readonly paged?: true;
  /** The answer is 202 and an Operation. */
  readonly operation?: true;
  /** A WebSocket. */
  readonly stream?: true;
  /** A ticket in its query, which the handler redeems, stands for the permission. */
  readonly ticket?: true;
  /** The stream is also served as server-sent events, to whoever accepts text/event-stream. */
  readonly sse?: true;
  /** The answer's media type, where it is not JSON. */
  readonly media?: string;
  readonly errors: readonly ErrorCode[];
}

const guestErrors = ["guest.not_found", "guest.wrong_state", "guest.busy"] as const;

export const routes = {
  guestList: {
    method: "GET",
    path: "/v1/guests",
    permission: "viewer",
    summary: "List guests",
    query: "GuestQuery",
    returns: "Guest",
    list: true,
    paged: true,
    errors: [],
  },
  guestCreate: {
    method: "POST",
    path: "/v1/guests",
    permission: "operator",
    summary: "Create a guest: fork it where a template is parked, else boot it",
    body: "GuestCreate",
    operation: true,
    errors: [
      "image.not_found",
      "host.permission",
      "image.file_missing",
      "image.unknown_format",
      "guest.name_taken",
      "guest.memory_unavailable",
      "guest.disk_full",
      "guest.disk_shrink",
      "network.not_found",
      "network.port_in_use",
    ],
  },
  guestGet: {
    method: "GET",
    path: "/v1/guests/:guest",
    permission: "viewer",
    summary: "Show a guest",
    returns: "Guest",
    errors: ["guest.not_found"],
  },
  guestUpdate: {
    method: "PATCH",
    path: "/v1/guests/:guest",
    permission: "operator",
    summary: "Change a guest",
    body: "GuestUpdate",
    returns: "Guest",
    errors: [...guestErrors, "guest.name_taken", "network.port_in_use", "host.permission"],
  },
  guestDelete: {
    method: "DELETE",
    path: "/v1/guests/:guest",
    permission: "operator",
    summary: "Remove a guest and its disks",
    query: "ForceQuery",
    operation: true,
    errors: guestErrors,
  },
  guestStart: {
    method: "POST",
    path: "/v1/guests/:guest/start",
    permission: "operator",
    summary: "Start a guest, or bring back a suspended one",
    operation: true,
    errors: [
      ...guestErrors,
      "guest.start_failed",
      "guest.memory_unavailable",
      "guest.disk_missing",
      "guest.disk_corrupt",
    ],
  },
  guestStop: {
    method: "POST",
    path: "/v1/guests/:guest/stop",
    permission: "operator",
    summary: "Shut a guest down",
    body: "GuestStop",
    operation: true,
    errors: [...guestErrors, "guest.stop_timeout"],
  },
  guestRestart: {
    method: "POST",
    path: "/v1/guests/:guest/restart",
    permission: "operator",
    summary: "Restart a guest",
    body: "GuestStop",
    operation: true,
    errors: guestErrors,
  },
  guestPause: {
    method: "POST",
    path: "/v1/guests/:guest/pause",
    permission: "operator",
    summary: "Stop a guest's processors",
    operation: true,
    errors: guestErrors,
  },
  guestResume: {
    method: "POST",
    path: "/v1/guests/:guest/resume",
    permission: "operator",
    summary: "Let a paused guest go on",
    operation: true,
    errors: guestErrors,
  },
  guestSuspend: {
    method: "POST",
    path: "/v1/guests/:guest/suspend",
    permission: "operator",
    summary: "Save a guest's memory to disk and end its process",
    operation: true,
    errors: [...guestErrors, "guest.tpm_gone"],
  },
  guestFork: {
    method: "POST",
    path: "/v1/guests/:guest/fork",
    permission: "operator",
    summary: "Branch a running guest with its memory and processes",
    body: "GuestFork",
    operation: true,
    errors: [
      ...guestErrors,
      "guest.not_forkable",
      "guest.tpm_fork",
      "guest.tpm_gone",
      "guest.memory_unavailable",
      "guest.too_many",
    ],
  },
  guestDrive: {
    method: "POST",
    path: "/v1/guests/:guest/drive",
    permission: "operator",
    summary: "Insert or eject an ISO",
    body: "GuestDrive",
    returns: "Guest",
    errors: [...guestErrors, "image.not_found", "image.file_missing", "image.unknown_format"],
  },
  diskAdd: {
    method: "POST",
    path: "/v1/guests/:guest/disks",
    permission: "operator",
    summary: "Give a guest one more disk, empty",
    body: "DiskAdd",
    operation: true,
    errors: [...guestErrors, "disk.no_place", "disk.not_live"],
  },
  diskRemove: {
    method: "DELETE",
    path: "/v1/guests/:guest/disks/:disk",
    permission: "operator",
    summary: "Take a disk out of a guest and remove what is on it",
    operation: true,
    errors: [...guestErrors, "disk.not_found", "disk.boots", "disk.not_live"],
  },
  diskResize: {
    method: "POST",
    path: "/v1/guests/:guest/disks/:disk/resize",
    permission: "operator",
    summary: "Make a disk larger",
    body: "DiskResize",
    operation: true,
    errors: [...guestErrors, "disk.not_found", "disk.shrink"],
  },
  guestFacts: {
    method: "GET",
    path: "/v1/guests/:guest/facts",
    permission: "viewer",
    summary: "What the agent says of the inside",
    returns: "GuestFacts",
    errors: [...guestErrors, "agent.unreachable", "agent.absent"],
  },
  guestScreenshot: {
    method: "GET",
    path: "/v1/guests/:guest/screenshot",
    permission: "viewer",
    summary: "The display as a PNG",
    media: "image/png",
    errors: guestErrors,
  },
  guestLogs: {
    method: "GET",
    path: "/v1/guests/:guest/logs",
    permission: "viewer",
    summary: "What QEMU and the serial console said",
    query: "LogQuery",
    media: "text/plain",
    errors: ["guest.not_found"],
  },
  guestExec: {
    method: "GET",
    path: "/v1/guests/:guest/exec",
    permission: "operator",
    summary: "Run a command in a guest, or a shell with a terminal",
    stream: true,
    errors: [
      ...guestErrors,
      "agent.unreachable",
      "agent.absent",
      "agent.command_not_found",
      "agent.unsupported",
      "agent.command_runs_on",
      "agent.input_limit",
      "agent.output_limit",
    ],
  },
  guestConsole: {
    method: "GET",
    path: "/v1/guests/:guest/console",
    permission: "operator",
    summary: "The serial console, with what it said before",
    query: "ConsoleQuery",
    stream: true,
    ticket: true,
    errors: [...guestErrors, "console.ticket_refused"],
  },
  guestDisplayTicket: {
    method: "POST",
    path: "/v1/guests/:guest/display-ticket",
    permission: "viewer",
    summary: "A ticket that opens the display or the serial console once, within 30 s",
    body: "DisplayTicketCreate",
    returns: "DisplayTicket",
    errors: [...guestErrors, "console.no_display"],
  },
  guestDisplay: {
    method: "GET",
    path: "/v1/guests/:guest/display",
    permission: "viewer",
    summary: "The display: RFB 3.8 in a WebSocket's binary messages",
    query: "DisplayQuery",
    stream: true,
    ticket: true,
    errors: [
      ...guestErrors,
      "console.ticket_refused",
      "console.too_many",
      "console.protocol",
      "console.size_changed",
    ],
  },
  guestFile: {
    method: "GET",
    path: "/v1/guests/:guest/file",
    permission: "operator",
    summary: "Copy a file or folder out of or into a guest",
    stream: true,
    errors: [...guestErrors, "agent.unreachable", "agent.absent", "agent.file"],
  },

  ...imageRoutes,

  networkList: {
    method: "GET",
    path: "/v1/networks",
    permission: "viewer",
    summary: "List networks",
    returns: "Network",
    list: true,
    errors: [],
  },

  operationList: {
    method: "GET",
    path: "/v1/operations",
    permission: "viewer",
    summary: "List operations",
    query: "OperationQuery",
    returns: "Operation",
    list: true,
    paged: true,
    errors: [],
  },
  operationGet: {
    method: "GET",
    path: "/v1/operations/:operation",
    permission: "viewer",
    summary: "Show an operation",
    returns: "Operation",
    errors: ["operation.not_found"],
  },
  operationWait: {
    method: "GET",
    path: "/v1/operations/:operation/wait",
    permission: "viewer",
    summary: "Wait until an operation changes or ends",
    query: "WaitQuery",
    returns: "Operation",
    errors: ["operation.not_found"],
  },
  operationCancel: {
    method: "POST",
    path: "/v1/operations/:operation/cancel",
    permission: "operator",
    summary: "Cancel an operation",
    returns: "Operation",
    errors: ["operation.not_found", "operation.not_cancellable"],
  },

  eventStream: {
    method: "GET",
    path: "/v1/events",
    permission: "viewer",
    summary: "What happens and what changes, as it does",
    query: "EventQuery",
    stream: true,
    sse: true,
    errors: ["guest.not_found"],
  },
  eventList: {
    method: "GET",
    path: "/v1/events/history",
    permission: "viewer",
    summary: "List what happened, newest first",
    query: "EventListQuery",
    returns: "Event",
    list: true,
    paged: true,
    errors: [],
  },
  hostGet: {
    method: "GET",
    path: "/v1/host",
    permission: "viewer",
    summary: "The host: capacity, accelerator, versions",
    returns: "Host",
    errors: [],
  },
  hostDoctor: {
    method: "GET",
    path: "/v1/host/doctor",
    permission: "viewer",
    summary: "What this host can do, and how to mend what it cannot",
    returns: "Check",
    list: true,
    errors: [],
  },
  hostShutdown: {
    method: "POST",
    path: "/v1/host/shutdown",
    permission: "admin",
    summary: "Stop the daemon; with guests or for the host's shutdown, those first",
    body: "ShutdownBody",
    operation: true,
    errors: [],
  },
  hostLogs: {
    method: "GET",
    path: "/v1/host/logs",
    permission: "admin",
    summary: "The daemon's own log",
    query: "LogQuery",
    media: "text/plain",
    errors: [],
  },

  ...accessRoutes,
  ...passkeyRoutes,
  ...providerRoutes,
} as const satisfies Record<string, Route>;

export type RouteName = keyof typeof routes;

import type { CallName, StreamName } from "#contract/call";
import type { Handlers, StreamHandlers } from "./handler.ts";
import type { GuestService } from "./services.ts";
import { serveExec } from "./stream/exec.ts";
import { serveFile } from "./stream/file.ts";

type GuestRoute = Exclude<
  Extract<CallName, `guest${string}`>,
  "guestDisplayTicket" | "guestNicPin" | "guestAddressList" | "guestDropList"
>;
type GuestStream = Exclude<
  Extract<StreamName, `guest${string}`>,
  "guestConsole" | "guestDisplay" | "guestDrop" | "guestPort" | "guestSound"
>;

/** Milliseconds for another host to say what stands in the way there. */
const checkPatience = 20_000;

export const guestHandlers = (guests: GuestService): Handlers<GuestRoute> => ({
  guestList: ({ query, sight, alone }) => guests.list(query, sight, alone),
  guestGet: ({ params }) => guests.get(params.guest),
  guestCreate: ({ body, project }) => guests.create(body, project),
  guestUpdate: ({ params, body, match }) => guests.update(params.guest, body, match),
  guestDelete: ({ params, query }) =>
    guests.remove(params.guest, { force: query.force ?? false, snapshots: query.snapshots ?? false }),
  guestStart: ({ params }) => guests.start(params.guest),
  guestStop: ({ params, body }) => guests.stop(params.guest, body),
  guestRestart: ({ params, body }) => guests.restart(params.guest, body),
  guestPause: ({ params }) => guests.pause(params.guest),
  guestResume: ({ params }) => guests.resume(params.guest),
  guestSuspend: ({ params }) => guests.suspend(params.guest),
  guestMove: ({ params, body }) => guests.move(params.guest, body),
  guestMoveCheck: ({ params, body }) =>
    guests.checkMove(params.guest, body, AbortSignal.timeout(checkPatience)),
  guestFork: ({ params, body }) => guests.fork(params.guest, body),
  guestDrive: ({ params, body, match }) => guests.drive(params.guest, body, match),
  guestFacts: ({ params }) => guests.facts(params.guest),
  guestScreenshot: ({ params }) => guests.screenshot(params.guest),
  guestLogs: ({ params, query }) => guests.logs(params.guest, query),
});

export const guestStreams = (guests: GuestService): StreamHandlers<GuestStream> => ({
  guestExec: (channel, { params }) => serveExec(guests, params.guest, channel),
  guestFile: (channel, { params, note }) =>
    serveFile(
      guests,
      {
        guest: params.guest,
        told: ({ direction, path }) => note(`${direction === "in" ? "into" : "out of"} ${path}`),
      },
      channel,
    ),
});

import { allows, roleIn } from "#contract/access";
import { holderOf } from "#domain/access/actor";
import type { Shown } from "#domain/console/displays";
import type { Call, Handlers, StreamHandlers } from "./handler.ts";
import type { ConsoleService, GuestService, SoundService } from "./services.ts";
import { serveConsole } from "./stream/console.ts";
import { serveDrop } from "./stream/file.ts";

/**
 * A browser shows a ticket and its cookie; another program perhaps the ticket alone. What the ticket opens ends when
 * whoever asked for it may not have it any more.
 */
const shown = (ticket: string, { actor, hold }: Pick<Call<"guestDisplay">, "actor" | "hold">): Shown => ({
  ticket,
  holder: actor && holderOf(actor),
  admit: ({ holder, obstacle }) => hold({ holder, obstacle }),
});

export const consoleHandlers = (consoles: ConsoleService): Handlers<"guestDisplayTicket"> => ({
  async guestDisplayTicket({ params, body, actor, project, obstacle }) {
    const viewOnly = body.viewOnly === true || !allows(roleIn(actor, project), "operator");
    const { ticket, expiresAt } = await consoles.issue(params.guest, {
      holder: holderOf(actor),
      viewOnly,
      obstacle: () => obstacle(viewOnly ? "viewer" : "operator"),
    });
    return { ticket, expiresAt: new Date(expiresAt).toISOString(), viewOnly };
  },
});

export const consoleStreams = (
  consoles: ConsoleService,
  guests: Pick<GuestService, "console">,
): StreamHandlers<"guestConsole" | "guestDisplay" | "guestDrop"> => ({
  async guestConsole(channel, call) {
    const { params, query } = call;
    // Without a ticket he may by himself.
    const grant =
      query.ticket === undefined ? undefined : await consoles.redeem(params.guest, shown(query.ticket, call));
    await serveConsole(
      { guests, consoles, guest: params.guest, viewOnly: grant?.viewOnly ?? false },
      channel,
    );
  },
  guestDisplay: (channel, call) =>
    consoles.watch(call.params.guest, shown(call.query.ticket, call), channel.takeOver()),
  guestDrop: (channel, { params }) => serveDrop(consoles, params.guest, channel),
});

export const soundStreams = (sounds: SoundService): StreamHandlers<"guestSound"> => ({
  guestSound: (channel, call) =>
    sounds.listen(call.params.guest, shown(call.query.ticket, call), channel.takeOver()),
});

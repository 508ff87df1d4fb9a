import { allows, roleIn } from "#contract/access";
import type { Actor } from "#domain/access/actor";
import type { Handlers, StreamHandlers } from "./handler.ts";
import type { ConsoleService, GuestService } from "./services.ts";
import { serveConsole } from "./stream/console.ts";
import { serveDrop } from "./stream/file.ts";

/** Somebody, as tickets know him: a person keeps his tickets over sessions. */
function holderOf(actor: Actor): string {
  switch (actor.kind) {
    case "host":
      return "host";
    case "user":
      return `user:${actor.user.id}`;
    case "token":
      return `token:${actor.token.id}`;
  }
}

/** A browser shows a ticket and its cookie; another program perhaps the ticket alone. */
const shown = (ticket: string, actor: Actor | undefined) => ({
  ticket,
  holder: actor && holderOf(actor),
});

export const consoleHandlers = (consoles: ConsoleService): Handlers<"guestDisplayTicket"> => ({
  async guestDisplayTicket({ params, body, actor, project }) {
    const viewOnly = body.viewOnly === true || !allows(roleIn(actor, project), "operator");
    const { ticket, expiresAt } = await consoles.issue(params.guest, { holder: holderOf(actor), viewOnly });
    return { ticket, expiresAt: new Date(expiresAt).toISOString(), viewOnly };
  },
});

export const consoleStreams = (
  consoles: ConsoleService,
  guests: Pick<GuestService, "console">,
): StreamHandlers<"guestConsole" | "guestDisplay" | "guestDrop"> => ({
  async guestConsole(channel, { params, query: { ticket }, actor }) {
    // Without a ticket he may by himself.
    const grant =
      ticket === undefined ? undefined : await consoles.redeem(params.guest, shown(ticket, actor));
    await serveConsole(
      { guests, consoles, guest: params.guest, viewOnly: grant?.viewOnly ?? false },
      channel,
    );
  },
  guestDisplay: (channel, { params, query: { ticket }, actor }) =>
    consoles.watch(params.guest, shown(ticket, actor), channel.takeOver()),
  guestDrop: (channel, { params }) => serveDrop(consoles, params.guest, channel),
});

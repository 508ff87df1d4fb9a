import { allows, roleIn } from "#contract/access";
import { LodgeError } from "#contract/errors";
import type { DropStart } from "#contract/stream";
import { actorName, holderOf } from "#domain/access/actor";
import type { Shown } from "#domain/console/displays";
import type { Use } from "#domain/console/tickets";
import type { Call, Handlers, StreamHandlers } from "./handler.ts";
import type { ConsoleService, DesktopService, GuestService, SoundService } from "./services.ts";
import { serveConsole } from "./stream/console.ts";
import { serveDrop } from "./stream/file.ts";
import { servePort } from "./stream/port.ts";

/**
 * A browser shows a ticket and its cookie; another program perhaps the ticket alone. What the ticket opens ends when
 * whoever asked for it may not have it any more.
 */
const shown = (
  use: Use,
  ticket: string,
  { actor, hold }: Pick<Call<"guestDisplay">, "actor" | "hold">,
): Shown => ({
  ticket,
  use,
  holder: actor && holderOf(actor),
  admit: ({ holder, obstacle }) => hold({ holder, obstacle }),
});

export const consoleHandlers = (consoles: ConsoleService): Handlers<"guestDisplayTicket"> => ({
  async guestDisplayTicket({ params, body, actor, origin, project, obstacle }) {
    const viewOnly = body.viewOnly === true || !allows(roleIn(actor, project), "operator");
    const { ports } = body;
    const refused = ports && (await obstacle("operator"));
    if (refused) throw refused;
    const { ticket, expiresAt } = await consoles.issue(params.guest, {
      holder: holderOf(actor),
      user: actorName(actor),
      ...(origin.address === undefined ? {} : { address: origin.address }),
      viewOnly,
      ...(ports ? { ports } : {}),
      obstacle: () => obstacle(viewOnly && !ports ? "viewer" : "operator"),
    });
    return { ticket, expiresAt: new Date(expiresAt).toISOString(), viewOnly };
  },
});

export const consoleStreams = (
  consoles: ConsoleService,
  guests: Pick<GuestService, "console" | "port">,
  desktops: Pick<DesktopService, "get">,
): StreamHandlers<"guestConsole" | "guestDisplay" | "guestDrop" | "guestPort"> => ({
  async guestConsole(channel, call) {
    const { params, query } = call;
    // Without a ticket he may by himself.
    const grant =
      query.ticket === undefined
        ? undefined
        : await consoles.redeem(params.guest, shown("console", query.ticket, call));
    await serveConsole(
      { guests, consoles, guest: params.guest, viewOnly: grant?.viewOnly ?? false },
      channel,
    );
  },
  guestDisplay: (channel, call) =>
    consoles.watch(call.params.guest, shown("display", call.query.ticket, call), channel.takeOver()),
  async guestDrop(channel, call) {
    const { params, query, note } = call;
    const grant =
      query.ticket === undefined
        ? undefined
        : await consoles.redeem(params.guest, shown("drop", query.ticket, call));
    const of = grant?.desktop && (await desktops.get(grant.desktop.id));
    const where = of ? `, to desktop ${of.id} of ${of.poolName}` : "";
    const told = ({ name, size }: DropStart) => note(`${name}, ${size} bytes${where}`);
    await serveDrop(consoles, { guest: params.guest, told }, channel);
  },
  async guestPort(channel, call) {
    const { params, query } = call;
    const { port, ticket } = query;
    if (ticket !== undefined) {
      const { ports } = await consoles.redeem(params.guest, shown("port", ticket, call));
      if (!ports?.includes(port)) throw new LodgeError("port.not_granted", { port });
    }
    await servePort(guests, { guest: params.guest, port }, channel);
  },
});

export const soundStreams = (sounds: SoundService): StreamHandlers<"guestSound"> => ({
  guestSound: (channel, call) =>
    sounds.listen(call.params.guest, shown("sound", call.query.ticket, call), channel.takeOver()),
});

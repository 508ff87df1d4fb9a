/** What a tunnel leads to: a guest, or one's own desktop of a pool, which its tickets alone let one into. */
import type { Duplex } from "node:stream";
import { LodgeError } from "#contract/errors";
import type { Client } from "#client/client";
import { usualPatience, withPatience } from "#client/patience";
import { flag } from "../command.ts";

export interface Reach {
  /** What people call it. */
  readonly name: string;
  /** Opens the display. */
  display(): Promise<Duplex>;
  /** Connects to a TCP port inside. */
  port(port: number): Promise<Duplex>;
}

export interface ReachWish {
  readonly desktop: boolean | undefined;
  readonly viewOnly?: boolean | undefined;
}

export const reachOption = {
  desktop: flag("GUEST is a desktop pool: lead to your own desktop of it."),
} as const;

/** @throws LodgeError why it cannot be had */
export const reachOf = (
  client: Client,
  ref: string,
  { desktop, viewOnly = false }: ReachWish,
): Promise<Reach> => (desktop ? reachDesktop(client, ref) : reachGuest(client, ref, viewOnly));

async function reachGuest(client: Client, ref: string, viewOnly: boolean): Promise<Reach> {
  const { name, id } = await client.call("guestGet", { params: { guest: ref } });
  const ask = () => client.call("guestDisplayTicket", { params: { guest: id }, body: { viewOnly } });
  return {
    name,
    display: async () => client.display(id, (await patiently(ask)).ticket),
    port: (port) => patiently(() => client.port(id, port)),
  };
}

/** Seconds: it may have to be made first. */
const preparing = 60;

async function reachDesktop(client: Client, pool: string): Promise<Reach> {
  const body = { takeOver: false, wait: preparing };
  const { desktop, ticket, progress } = await client.call("myDesktopConnect", {
    params: { offer: pool },
    body,
  });
  const { id, guest, guestName } = desktop;
  if (ticket === undefined || guest === undefined)
    throw new LodgeError("desktop.not_ready", { reason: progress ?? "it is being prepared" });
  const ask = () => patiently(() => client.call("desktopTicket", { params: { desktop: id } }));
  return {
    name: guestName ?? pool,
    display: async () => client.display(guest, (await ask()).ticket),
    port: async (port) => client.port(guest, port, { ticket: (await ask()).ticket }),
  };
}

/** Waits for a daemon that starts anew. */
const patiently = <T>(attempt: () => Promise<T>): Promise<T> =>
  withPatience(attempt, usualPatience, undefined);

/** Guests' displays and serial consoles. */
import { Type } from "./type.ts";
import { Timestamp } from "./fields.ts";

const strict = { additionalProperties: false } as const;

export const DisplayTicketCreate = Type.Object(
  { viewOnly: Type.Optional(Type.Boolean({ description: "Look, but touch nothing." })) },
  strict,
);

export const DisplayTicket = Type.Object({
  ticket: Type.String({
    description: "Opens the guest's display or serial console, once: '?ticket=' in the WebSocket's address.",
  }),
  expiresAt: Timestamp,
  viewOnly: Type.Boolean(),
});

const ticket = Type.String({ minLength: 1, maxLength: 128, pattern: "^[A-Za-z0-9_-]+$" });

export const DisplayQuery = Type.Object({ ticket }, strict);
export const ConsoleQuery = Type.Object({ ticket: Type.Optional(ticket) }, strict);

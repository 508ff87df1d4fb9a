/** Guests' displays and serial consoles. */
import { Type } from "./type.ts";
import { Timestamp } from "./fields.ts";

const strict = { additionalProperties: false } as const;

const port = Type.Integer({ minimum: 1, maximum: 65_535 });

export const DisplayTicketCreate = Type.Object(
  {
    viewOnly: Type.Optional(Type.Boolean({ description: "Look, but touch nothing." })),
    ports: Type.Optional(
      Type.Array(port, {
        maxItems: 32,
        description: "Ports of the guest, of which the ticket may open one instead. Operators only.",
      }),
    ),
  },
  strict,
);

export const DisplayTicket = Type.Object({
  ticket: Type.String({
    description:
      "Opens the guest's display, its serial console or a port of it, once: '?ticket=' in the WebSocket's address.",
  }),
  expiresAt: Timestamp,
  viewOnly: Type.Boolean(),
});

const ticket = Type.String({ minLength: 1, maxLength: 128, pattern: "^[A-Za-z0-9_-]+$" });

export const DisplayQuery = Type.Object({ ticket }, strict);
export const ConsoleQuery = Type.Object({ ticket: Type.Optional(ticket) }, strict);

export const PortQuery = Type.Object({ port, ticket: Type.Optional(ticket) }, strict);

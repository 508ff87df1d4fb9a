import type { CallName } from "#contract/call";
import type { Handlers } from "./handler.ts";
import type { VisitService } from "./services.ts";

type OutsideRoute = Extract<CallName, `arrival${string}` | `visit${string}`>;

export const outsideHandlers = (visits: VisitService): Handlers<OutsideRoute> => ({
  arrivalToken: ({ body }) => visits.token(body),
  arrivalList: () => visits.list(),
  arrivalSettle: ({ params, body }) => visits.settle(params.arrival, body.take),
  visitEnter: ({ body, visitor }) => visits.enter(body, visitor),
  visitLook: ({ body, visitor }) => visits.look(body, visitor),
  visitBegin: ({ body, visitor }) => visits.begin(body, visitor),
  visitEnd: ({ body, visitor }) => visits.end(body, visitor),
});

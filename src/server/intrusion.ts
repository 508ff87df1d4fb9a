/** Somebody's desktop is not reached into as other guests are: asked before each handler that would. */
import type { FastifyRequest } from "fastify";
import type { Route } from "#contract/route";
import { actorName } from "#domain/access/actor";
import { showsTicket } from "./admission.ts";
import { refusal } from "./guard.ts";
import type { DesktopService } from "./services.ts";

/** @throws LodgeError desktop.private, desktop.somebodys, desktop.waiting, desktop.not_ready */
export async function requireAdmitted(
  { intrudes, intrudesBy }: Route,
  request: FastifyRequest,
  desktops: Pick<DesktopService, "admit">,
): Promise<void> {
  const { about, place, body, query } = request.reached!;
  const { actor } = request.caller;
  if (!intrudes || !actor || showsTicket(request)) return;
  if (intrudesBy !== undefined && body[intrudesBy] === undefined) return;
  if (about?.noun !== "guest" && about?.noun !== "volume") return;
  const { reason } = query as { readonly reason?: string };
  const isAdmin = refusal(actor, "admin", place) === undefined;
  const intrusion = { kind: intrudes, noun: about.noun, id: about.id, by: actorName(actor), isAdmin, reason };
  if ((await desktops.admit(intrusion)) && reason !== undefined) request.outcome.reason = reason;
}

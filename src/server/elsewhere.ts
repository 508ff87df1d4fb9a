/** Has another host answer what any may: a guest that is to be made (placing.ts). */
import type { FastifyReply, FastifyRequest } from "fastify";
import { attempt, type PeerDoors } from "./forward.ts";
import type { Placing } from "./placing.ts";

declare module "fastify" {
  interface FastifyRequest {
    /** Where the host that answers was chosen, and another may be. */
    placing?: Placing;
  }
}

export const answeredElsewhere = Symbol("answered elsewhere");

/** What this host answers or, where it has no room for what may be anywhere, the next one. */
export async function orElsewhere(
  answer: Promise<unknown>,
  request: FastifyRequest,
  reply: FastifyReply,
  peers: PeerDoors | undefined,
): Promise<unknown> {
  const { placing } = request;
  if (!placing || !peers) return answer;
  try {
    return await answer;
  } catch (error) {
    const host = await placing.after(undefined, error);
    if (host === undefined || !(await placeOn(peers, host, request, reply))) throw error;
    return answeredElsewhere;
  }
}

/** Has the chosen host answer, or the next one; false: this one is to. */
export async function placeOn(
  peers: PeerDoors,
  first: string,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<boolean> {
  for (let host: string | undefined = first; host !== undefined;) {
    const failure = await attempt(peers, host, request, reply);
    if (!failure) return true;
    host = await request.placing!.after(host, failure);
  }
  request.forwarded = false;
  return false;
}

/** Shapes what goes out: each route's answer as HTTP has it. */
import type { FastifyReply, FastifyRequest } from "fastify";
import type { Page, PassingFile, ServedFile } from "#contract/call";
import type { Operation } from "#contract/operation";
import type { Route } from "#contract/route";
import type { Schemas } from "#contract/schemas";
import { sendTus } from "./tus.ts";
import { sendFile, sendPassing } from "./file-answer.ts";
import { etagOf, isKnown, showsObject } from "./etag.ts";

export function sendAnswer(request: FastifyRequest, reply: FastifyReply, route: Route, answer: unknown) {
  if (route.operation) {
    request.outcome.operation = (answer as Operation).id;
    return reply
      .code(202)
      .header("location", `/v1/operations/${(answer as Operation).id}`)
      .send(answer);
  }
  if (route.tus && sendTus(request, reply, answer as Schemas["Upload"])) return reply;
  if (route.ranges) return sendFile(request, reply, answer as ServedFile, route.media ?? "");
  if (route.file) return sendPassing(reply, answer as PassingFile, route.media ?? "");
  if (route.media === "text/plain") return reply.type("text/plain; charset=utf-8").send(answer);
  if (route.media) return sendBytes(request, reply.type(route.media), Buffer.from(answer as Uint8Array));
  if (route.paged) return sendPage(reply, answer as Page<unknown>);
  if (showsObject(route)) return sendObject(request, reply, answer);
  return reply.send(route.list ? { items: answer } : answer);
}

/** With the tag of its state; to whoever has that already, only that it is so. */
function sendObject(request: FastifyRequest, reply: FastifyReply, answer: unknown): FastifyReply {
  const json = JSON.stringify(answer);
  const etag = etagOf(json);
  // It is asked for again each time, and not sent where it is the same.
  reply.header("etag", etag).header("cache-control", "no-cache");
  if (request.method === "GET" && isKnown(request.headers["if-none-match"], etag))
    return reply.code(304).send();
  return reply.type(jsonType).send(json);
}

/** A picture that is asked for again and again, and is most of the time the same. */
function sendBytes(request: FastifyRequest, reply: FastifyReply, content: Buffer): FastifyReply {
  const etag = etagOf(content);
  reply.header("etag", etag);
  if (isKnown(request.headers["if-none-match"], etag)) return reply.code(304).send();
  return reply.send(content);
}

const jsonType = "application/json; charset=utf-8";

/** Items that are written already are not written anew: that is most of what a long list takes. */
function sendPage(reply: FastifyReply, { items, json, next, at }: Page<unknown>): FastifyReply {
  if (!json) return reply.send({ items, next, at });
  const rest = JSON.stringify({ ...(next === undefined ? {} : { next }), at });
  return reply.type(jsonType).send(`{"items":[${json.join(",")}],${rest.slice(1)}`);
}

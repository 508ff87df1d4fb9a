import { readFile } from "node:fs/promises";
import type { FastifyInstance } from "fastify";
import { referencePage } from "./page.ts";

/** Serves the OpenAPI document, and the page that is written of it: once, when the first wants it. */
export function serveReference(app: FastifyInstance, write: () => Readonly<Record<string, unknown>>): void {
  let document: Readonly<Record<string, unknown>> | undefined;
  let page: string | undefined;
  const config = { permission: "viewer" } as const;
  const file = (name: string) => readFile(new URL(name, import.meta.url), "utf8");
  app.get("/v1/openapi.json", { config }, async () => (document ??= write()));
  app.get("/v1/reference", { config }, async (_request, reply) => {
    page ??= referencePage((document ??= write()));
    return reply.type("text/html; charset=utf-8").send(page);
  });
  app.get("/v1/reference/style.css", { config }, async (_request, reply) =>
    reply.type("text/css; charset=utf-8").send(await file("style.css")),
  );
  app.get("/v1/reference/filter.js", { config }, async (_request, reply) =>
    reply.type("text/javascript; charset=utf-8").send(await file("filter.js")),
  );
}

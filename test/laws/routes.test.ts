import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { catalogue } from "#contract/errors";
import type { Route } from "#contract/route";
import { routes, type RouteName } from "#contract/routes";
import { schemas } from "#contract/schemas";
import { product } from "./sources.ts";

const all = Object.entries(routes) as [RouteName, Route][];
const parametersOf = (path: string): string[] => [...path.matchAll(/:(\w+)/g)].map((match) => match[1] ?? "");

describe("routes", () => {
  it("have a summary that reads as one line", () => {
    const poor = all.filter(([, { summary }]) => !/^[A-Z].{5,80}[^.]$/.test(summary));
    assert.deepEqual(
      poor.map(([name]) => name),
      [],
    );
  });

  it("name errors and schemas that exist", () => {
    const unknown = all.flatMap(([name, route]) => [
      ...route.errors.filter((code) => !(code in catalogue)).map((code) => `${name}: ${code}`),
      ...[route.body, route.query, route.returns]
        .filter((schema) => schema && !(schema in schemas))
        .map((schema) => `${name}: ${schema}`),
    ]);
    assert.deepEqual(unknown, []);
  });

  it("are each at a place of their own, below /v1", () => {
    const places = all.map(([, { method, path }]) => `${method} ${path.replace(/:\w+/g, ":")}`);
    assert.equal(new Set(places).size, places.length);
    assert.deepEqual(
      all.filter(([, { path }]) => !/^\/v1(\/(:\w+|[a-z]+(-[a-z]+)*))+$/.test(path)).map(([name]) => name),
      [],
    );
  });

  it("that name a noun in their path can say that it is not there", () => {
    const silent = all.filter(([, { path, errors }]) =>
      parametersOf(path).some(
        (noun) => `${noun}.not_found` in catalogue && !errors.includes(`${noun}.not_found` as never),
      ),
    );
    assert.deepEqual(
      silent.map(([name]) => name),
      [],
    );
  });

  it("answer in one way only", () => {
    const mixed = all.filter(([, { returns, operation, stream, media }]) => {
      return [returns, operation, stream, media].filter(Boolean).length !== 1;
    });
    assert.deepEqual(
      mixed.map(([name]) => name),
      [],
    );
  });

  it("only read where they GET, and change nothing for a viewer", () => {
    const odd = all.filter(([, { method, permission, stream, body, returns }]) => {
      if (method === "GET") return body !== undefined;
      // A ticket lets somebody look who may.
      return permission === "viewer" && !stream && returns !== "DisplayTicket";
    });
    assert.deepEqual(
      odd.map(([name]) => name),
      [],
    );
  });

  it("need a role, or to be signed in, but for those with which one signs in", () => {
    const open = all.filter(([, { permission }]) => permission === "anyone").map(([name]) => name);
    assert.deepEqual(open, [
      "sessionOptions",
      "sessionCreate",
      "sessionLink",
      "sessionRedeem",
      "passkeyEnter",
      "passkeySignIn",
      "oidcBegin",
      "oidcSignIn",
    ]);
  });

  it("are each served", () => {
    const server = product
      .filter(({ path }) => path.startsWith("src/server/"))
      .map(({ text }) => text)
      .join("\n");
    assert.deepEqual(
      all.map(([name]) => name).filter((name) => !new RegExp(`\\b${name}\\b`).test(server)),
      [],
    );
  });
});

describe("schemas", () => {
  it("are each used by a route or, where a stream carries them, by name", () => {
    const named = new Set(all.flatMap(([, { body, query, returns }]) => [body, query, returns]));
    const text = product.map((file) => file.text).join("\n");
    const idle = Object.keys(schemas).filter((name) => {
      return !named.has(name as keyof typeof schemas) && !text.includes(`Schemas["${name}"]`);
    });
    assert.deepEqual(idle, []);
  });
});

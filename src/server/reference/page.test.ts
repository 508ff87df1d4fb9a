import assert from "node:assert/strict";
import { test } from "node:test";
import { catalogue } from "#contract/errors";
import { routes } from "#contract/routes";
import { schemas } from "#contract/schemas";
import { openapi } from "../openapi.ts";
import { html } from "./html.ts";
import { referencePage } from "./page.ts";

const page = referencePage(openapi({ version: "1", routes, schemas, catalogue }));

test("text stays text", () => {
  const evil = `<script>"'&`;
  assert.equal(
    html`<p title="${evil}">${[evil, html`<b>${1}</b>`]}${undefined}</p>`.text.includes("<script"),
    false,
  );
  assert.equal(html`${"a"}${html`<b></b>`}`.text, "a<b></b>");
});

test("every route and schema has its place, and every way on the page leads somewhere", () => {
  const ids = new Set([...page.matchAll(/ id="([^"]+)"/g)].map((match) => match[1]));
  // What hosts ask each other is no part of the API.
  for (const [name, { permission }] of Object.entries(routes))
    assert.equal(ids.has(name), permission !== "peer", name);
  const ways = [...page.matchAll(/href="#([^"]+)"/g)].map((match) => match[1]);
  assert.ok(ways.length > Object.keys(routes).length);
  assert.deepEqual(
    ways.filter((way) => !ids.has(way)),
    [],
  );
});

test("it keeps to the content policy: nothing from elsewhere, no script or style in it", () => {
  const loaded = [...page.matchAll(/<(?:script|link|img|iframe)[^>]*?(?:src|href)="([^"]+)"/g)].map(
    (m) => m[1],
  );
  assert.deepEqual(loaded, ["/v1/reference/style.css", "/v1/reference/filter.js"]);
  assert.doesNotMatch(page, /<script>|<style|\son\w+="|\sstyle="|javascript:/);
});

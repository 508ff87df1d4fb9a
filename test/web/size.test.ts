/** How much does a browser fetch before the first page is there, consoles aside? */
import assert from "node:assert/strict";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { before, it } from "node:test";
import { ensureWeb, webFolder } from "../../tools/web.ts";

const limit = 300_000;

before(async () => {
  await ensureWeb();
});

it(`is at most ${limit / 1000} kB in gzip: scripts, styles, and the font`, () => {
  const index = readFileSync(join(webFolder, "index.html"), "utf8");
  const named = [...index.matchAll(/(?:src|href)="\/([^"]+)"/g)].map((match) => `${match[1]}.gz`);
  assert.ok(named.some((file) => file.endsWith(".js.gz")) && named.some((file) => file.endsWith(".css.gz")));
  const fonts = readdirSync(join(webFolder, "assets")).filter((file) => file.endsWith(".woff2"));
  const files = [...named, ...fonts.map((file) => `assets/${file}`)];
  const sizes = Object.fromEntries(files.map((file) => [file, statSync(join(webFolder, file)).size]));
  const whole = Object.values(sizes).reduce((sum, size) => sum + size, 0);
  assert.ok(whole <= limit, `${whole} bytes: ${JSON.stringify(sizes, null, 1)}`);
});

it("holds no script in the page itself, which the policy would forbid", () => {
  const index = readFileSync(join(webFolder, "index.html"), "utf8");
  assert.equal(/<script(?![^>]*\bsrc=)|\son\w+=|<style/.test(index), false);
});

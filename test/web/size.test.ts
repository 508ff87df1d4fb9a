/** How much does a browser fetch before the first page is there, consoles aside? */
import assert from "node:assert/strict";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { before, it } from "node:test";
import { ensureWeb, webFolder } from "../../tools/web.ts";

/** It may never be more than 300 kB; what is above 240 was brought into it by accident. See web/first-load.test.ts. */
const limit = 240_000;

before(async () => {
  await ensureWeb();
});

const index = () => readFileSync(join(webFolder, "index.html"), "utf8");
const named = () => [...index().matchAll(/(?:src|href)="\/([^"]+)"/g)].map((match) => String(match[1]));

it(`is at most ${limit / 1000} kB in gzip: scripts, styles, and the font`, () => {
  const compressed = named()
    .filter((file) => /\.(js|css)$/.test(file))
    .map((file) => `${file}.gz`);
  assert.ok(
    compressed.some((file) => file.endsWith(".js.gz")) && compressed.some((file) => file.endsWith(".css.gz")),
  );
  const fonts = readdirSync(join(webFolder, "assets")).filter((file) => file.endsWith(".woff2"));
  const files = [...compressed, ...fonts.map((file) => `assets/${file}`)];
  const sizes = Object.fromEntries(files.map((file) => [file, statSync(join(webFolder, file)).size]));
  const whole = Object.values(sizes).reduce((sum, size) => sum + size, 0);
  assert.ok(whole <= limit, `${whole} bytes: ${JSON.stringify(sizes, null, 1)}`);
});

it("comes in few files, and smaller still for who takes brotli", () => {
  const files = named();
  assert.ok(files.length <= 8, files.join(", "));
  const script = files.find((file) => file.includes("ground")) ?? "";
  const size = (ending: string) => statSync(join(webFolder, `${script}${ending}`)).size;
  assert.ok(size(".br") < size(".gz"));
});

it("has the second language in none of them", () => {
  const german = "Zum Inhalt";
  const first = named().filter((file) => file.endsWith(".js"));
  for (const file of first) assert.ok(!readFileSync(join(webFolder, file), "utf8").includes(german), file);
});

it("holds no script in the page itself, which the policy would forbid", () => {
  assert.equal(/<script(?![^>]*\bsrc=)|\son\w+=|<style/.test(index()), false);
});

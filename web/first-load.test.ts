/**
 * What is fetched before the first page is there? This is the whole list. A file that appears in the first load
 * fails here, with the import that brought it: bring it by `later` (later.ts) instead, or, if the first page
 * draws it, add it here and look at what test/web/size.test.ts says.
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { firstLoad } from "../tools/first-load.ts";
import { rest } from "./text/en/rest.ts";

const allowed: Readonly<Record<string, string>> = {
  "web/": "main app routes later",
  "web/data/":
    "api apply connection feed last-frame line link-code operations own-operations project provider query session stir usage",
  "web/page/guest/": "columns list menu list.module",
  "web/page/desktop/": "pages",
  "web/page/session/": "card gate card.module",
  "web/text/": "format use-text words en/first en/guest-list en/shell",
  "web/ui/":
    "account awaited base column empty empty.module failure failure.module filter-text host-column loading loading.module look lost " +
    "mantine menu-door notices notices.module notify page page.module pages palette-door project-switch shell shell.module " +
    "shortcuts spark spark.module state state.module table table-row table-rows table.module theme time",
};
/** Errors and routes belong to every call; there is no part of them that a page could wait for. */
const alsoAllowed =
  /^src\/(client\/(browser|request)|contract\/(errors|route|routes|access|operation)|contract\/(errors|routes)\/[\w-]+|contract\/schema\/(feed|fields|type))\.ts$/;

const packages = ["@mantine/core", "@mantine/hooks", "@tabler/icons-react", "@tanstack/react-query"];
const react = ["react", "react-dom/client", "react-router"];

const listed = new Set(
  Object.entries(allowed).flatMap(([folder, names]) => names.split(" ").map((name) => `${folder}${name}`)),
);
const first = firstLoad();
const read = (file: string): string => readFileSync(join(import.meta.dirname, "..", file), "utf8");
const scripts = [...first.files.keys()].filter((file) => file.startsWith("web/") && /\.tsx?$/.test(file));

describe("the first load", () => {
  it("has no file that is not listed", () => {
    const strange = [...first.files].filter(
      ([file]) => !listed.has(file.replace(/\.(tsx?|css)$/, "")) && !alsoAllowed.test(file),
    );
    assert.deepEqual(
      strange.map(([file, importer]) => `${file}, imported by ${importer}`),
      [],
    );
  });

  it("lists no file that it does not have", () => {
    const there = new Set([...first.files.keys()].map((file) => file.replace(/\.(tsx?|css)$/, "")));
    assert.deepEqual(
      [...listed].filter((file) => !there.has(file)),
      [],
    );
  });

  it("has no other package", () => {
    const strange = [...first.packages].filter(([name]) => ![...packages, ...react].includes(name));
    assert.deepEqual(
      strange.map(([name, importer]) => `${name}, imported by ${importer}`),
      [],
    );
  });

  it("fetches what comes later through `later`, with its words and styles", () => {
    const own = new Set(["web/text/words.ts", "web/later.ts"]);
    const bare = scripts
      .filter((file) => !own.has(file))
      .flatMap((file) =>
        [...read(file).matchAll(/(.{0,60})import\("([^"]+)"\)/gs)]
          .filter(([, before = ""]) => !/\b(later\(|lazy:)/.test(before))
          .map(([, , name]) => `${file}: ${name}`),
      );
    assert.deepEqual(bare, []);
  });

  it("says nothing in words that come later", () => {
    const late = new RegExp(`\\btext\\.(${Object.keys(rest).join("|")})\\b`, "g");
    const said = scripts.flatMap((file) =>
      [...read(file).matchAll(late)].map(([word]) => `${file}: ${word}`),
    );
    assert.deepEqual(said, []);
  });
});

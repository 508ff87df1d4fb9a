/** What a browser loads: the web's own files and, however far their imports lead, nothing of Node's. */
import assert from "node:assert/strict";
import { dirname, join } from "node:path/posix";
import { describe, it } from "node:test";
import { importsOf, product } from "./sources.ts";

const texts = new Map(product.map(({ path, text }) => [path, text]));

/** Types are gone by the time a browser sees the code. */
const loadedBy = (text: string): string[] => importsOf(text.replace(/\b(?:import|export) type\b[^;]*;/g, ""));

function target(from: string, specifier: string): string | undefined {
  if (specifier.startsWith("#")) return `src/${specifier.slice(1)}.ts`;
  return specifier.startsWith(".") ? join(dirname(from), specifier) : undefined;
}

/** Every module of Node's that is loaded from these files on, with the way that leads to it. */
function nodeModules(roots: readonly string[], among: ReadonlyMap<string, string>): string[] {
  const ways = new Map(roots.map((path) => [path, path]));
  const found: string[] = [];
  for (const [path, way] of ways) {
    for (const specifier of loadedBy(among.get(path) ?? "")) {
      if (specifier.startsWith("node:")) found.push(`${way} > ${specifier}`);
      const next = target(path, specifier);
      if (next !== undefined && !ways.has(next)) ways.set(next, `${way} > ${next}`);
    }
  }
  return found;
}

describe("what a browser loads", () => {
  // The build's own settings run in Node.
  const web = [...texts.keys()].filter((path) => path.startsWith("web/") && !path.endsWith(".config.ts"));

  it("has nothing of Node's", () => {
    assert.deepEqual(nodeModules([...web, "src/client/browser.ts"], texts), []);
  });

  it("would be caught with something of Node's, two files away", () => {
    const among = new Map([
      ["web/page.tsx", 'import { a } from "#client/a";'],
      ["src/client/a.ts", 'import type { T } from "node:http";\nimport { b } from "./b.ts";'],
      ["src/client/b.ts", 'import { x } from "node:fs";'],
    ]);
    assert.deepEqual(nodeModules(["web/page.tsx"], among), [
      "web/page.tsx > src/client/a.ts > src/client/b.ts > node:fs",
    ]);
  });
});

/**
 * What a browser fetches before it shows the first page: web/main.tsx, and whatever that imports with `import …
 * from`, which is fetched before anything runs. `import()` begins what comes later (web/later.ts).
 */
import { readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";

const checkout = join(import.meta.dirname, "..");

/** A file's imports that stay once types are gone. */
function imports(source: string): string[] {
  const named = source.matchAll(/^(?:import|export)\s+(?!type\b)([^;"=]*?)\s*from\s*"([^"]+)";/gm);
  const bare = source.matchAll(/^import\s+"([^"]+)";/gm);
  return [
    ...[...named].flatMap(([, names = "", from = ""]) => (onlyTypes(names) ? [] : [from])),
    ...[...bare].map(([, from = ""]) => from),
  ];
}

function onlyTypes(names: string): boolean {
  const braces = /^\{([^}]*)\}$/.exec(names.trim())?.[1];
  const each = braces?.split(",").map((name) => name.trim());
  return each?.every((name) => name === "" || name.startsWith("type ")) ?? false;
}

function resolve(from: string, importer: string): string | undefined {
  if (from.startsWith(".")) return join(dirname(importer), from);
  if (from.startsWith("#")) return `${join(checkout, "src", from.slice(1))}.ts`;
  return undefined;
}

export interface FirstLoad {
  /** Each of Lodge's own files, from the checkout's root, with the one that imports it. */
  readonly files: ReadonlyMap<string, string>;
  /** Each package, with a file that imports it. */
  readonly packages: ReadonlyMap<string, string>;
}

export function firstLoad(): FirstLoad {
  const files = new Map<string, string>();
  const packages = new Map<string, string>();
  const visit = (file: string, importer: string): void => {
    const name = relative(checkout, file);
    if (files.has(name)) return;
    files.set(name, importer);
    if (!/\.tsx?$/.test(name)) return;
    for (const from of imports(readFileSync(file, "utf8"))) {
      const own = resolve(from, file);
      if (own) visit(own, name);
      else if (!packages.has(from)) packages.set(from, name);
    }
  };
  visit(join(checkout, "web/main.tsx"), "index.html");
  return { files, packages };
}

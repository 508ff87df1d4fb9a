/** The repository's own files, as the laws read them. */
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";

export const root = join(import.meta.dirname, "../..");

export interface SourceFile {
  /** Relative to the root, with slashes. */
  readonly path: string;
  readonly text: string;
}

const folders = "{agent,bin,src,web,test,bench,tools,recipes,docs,packaging}";
const written = /(^|\/)[^.]*$|\.(ts|tsx|mjs|js|css|html|sh|py|md|ya?ml|service|cfg|conf)$/;
/** Written by a program, or by others. */
const generated = /(^|\/)(node_modules|dist)\/|^docs\/reference\/|^docs\/benchmarks\.md$|^LICENSE$/;

/** Every text file that people write, read once. */
export const files: readonly SourceFile[] = globSync([`${folders}/**/*`, "*.md", "*.json", ".ci/*"], {
  cwd: root,
  withFileTypes: true,
})
  .filter((entry) => entry.isFile())
  .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))
  .filter((path) => written.test(path) && !generated.test(path))
  .sort()
  .map((path) => ({ path, text: readFileSync(join(root, path), "utf8") }));

export const isCode = (path: string): boolean => /\.(ts|tsx)$/.test(path);
export const isTest = (path: string): boolean => /\.test\.tsx?$/.test(path) || path.startsWith("test/");

/** TypeScript that is part of the product: no tests. */
export const product = files.filter((file) => isCode(file.path) && !isTest(file.path));

/** The text without its comments. A glob such as doc/* begins none: a comment has a blank before it. */
export const withoutComments = (text: string): string =>
  text.replace(/(^|[\s{(,;])\/\*[\s\S]*?\*\//g, "$1").replace(/^\s*\/\/.*$/gm, "");

/** What a file imports or re-exports, in the words it uses: "./x.ts", "#base/exec", "node:fs", "pino". */
export function importsOf(text: string): string[] {
  const pattern = /\b(?:import|export)\s[^;"]*?\bfrom\s*"([^"]+)"|\bimport\s*\(?\s*"([^"]+)"/g;
  return [...withoutComments(text).matchAll(pattern)].map((match) => match[1] ?? match[2] ?? "");
}

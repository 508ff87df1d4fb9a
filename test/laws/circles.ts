/** Files that import each other in a circle, however long: by Tarjan's search for strongly connected components. */
import { posix } from "node:path";
import { importsOf, type SourceFile } from "./sources.ts";

/** The file that an import names, where it is one of the house's. */
function target(from: string, specifier: string): string {
  if (specifier.startsWith(".")) return posix.join(posix.dirname(from), specifier);
  return specifier.startsWith("#") ? `src/${specifier.slice(1)}.ts` : specifier;
}

/** Each circle, as the files that are in it. */
export function circles(files: readonly SourceFile[]): string[][] {
  const paths = new Set(files.map(({ path }) => path));
  const imports = new Map(
    files.map(({ path, text }) => [
      path,
      importsOf(text)
        .map((specifier) => target(path, specifier))
        .filter((to) => paths.has(to)),
    ]),
  );
  const found: string[][] = [];
  const order = new Map<string, number>();
  const stack: string[] = [];
  /** Gives the earliest file still on the stack that this one leads to. */
  function visit(path: string): number {
    const own = order.size;
    order.set(path, own);
    stack.push(path);
    let earliest = own;
    for (const next of imports.get(path) ?? []) {
      if (!order.has(next)) earliest = Math.min(earliest, visit(next));
      else if (stack.includes(next)) earliest = Math.min(earliest, order.get(next)!);
    }
    if (earliest === own) {
      const circle = stack.splice(stack.indexOf(path));
      if (circle.length > 1) found.push(circle.toSorted());
    }
    return earliest;
  }
  for (const path of paths) if (!order.has(path)) visit(path);
  return found;
}

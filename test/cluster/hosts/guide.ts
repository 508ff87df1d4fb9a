/** The commands of a guide, as they stand there. */
import { readFileSync } from "node:fs";
import { join } from "node:path";

const guides = join(import.meta.dirname, "../../../docs/guides");

/**
 * Takes them one after the other, so that a test which goes on with the guide notices where that has changed.
 *
 *     const next = readGuide("cluster.md");
 *     next("lodge cluster init")   // its words after "lodge": ["cluster", "init", "--name", "node1", …]
 */
export function readGuide(name: string): (start: string) => string[] {
  const text = readFileSync(join(guides, name), "utf8");
  const blocks = [...text.matchAll(/^```sh\n(.*?)^```$/gms)].map((match) => match[1]!);
  const lines = blocks.flatMap((block) => block.split("\n"));
  let at = 0;
  return (start) => {
    const found = lines.findIndex((line, place) => place >= at && line.startsWith(start));
    if (found === -1) throw new RangeError(`${name} has no "${start}" where it is looked for`);
    at = found + 1;
    return lines[found]!.split(" ").filter(Boolean);
  };
}

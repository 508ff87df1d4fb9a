/** Finds the `lodge …` commands that a text shows to people: in fenced code, in inline code and in quotes. */
import type { SourceFile } from "./sources.ts";

export interface Shown {
  readonly path: string;
  readonly line: number;
  /** What follows `lodge`, as a shell would split it. */
  readonly words: readonly string[];
  /** Does a word stand for something else, as NAME or {name} does? */
  readonly placeholders: boolean;
  /** Is it in a block of code, to be typed as it stands? */
  readonly fenced: boolean;
}

/** Words as a shell splits them, up to a pipe, a redirection, a comment or the next command. */
function split(text: string): string[] {
  const words: string[] = [];
  for (const match of text.matchAll(/(?:"(?:[^"\\]|\\.)*"|'[^']*'|[^\s"'])+/g)) {
    const word = match[0];
    if (/^([|>&;#]|\d?>)/.test(word)) break;
    words.push(word.replace(/"((?:[^"\\]|\\.)*)"|'([^']*)'/g, (_, double, single) => double ?? single));
    if (word.endsWith(";")) break;
  }
  return words;
}

function shown(path: string, line: number, fenced: boolean, command: string): Shown {
  const filled = command.replace(/\$?\{[^}]*\}/g, "X");
  const words = split(filled).filter((word) => word !== "…" && word !== "...");
  const placeholders =
    filled !== command || /…|\.\.\./.test(command) || words.some((word) => /\b[A-Z]{2,}\b/.test(word));
  return { path, line, words, placeholders, fenced };
}

const prompt = /^\s*(?:[$#>] )?(?:sudo )?(?:[A-Z_]+=\S* )*(?:\.\/bin\/)?lodge(?: (?<rest>.*))?$/;
/** In prose and in the program's texts: `lodge ls`, 'lodge image rm {name}'. */
const quoted = /(?<quote>['`])(?:\.\/bin\/)?lodge(?: (?<rest>(?:(?!\k<quote>)[^\n])+))?\k<quote>/g;

export function commandsIn({ path, text }: SourceFile): Shown[] {
  const found: Shown[] = [];
  const lines = text.split("\n");
  let fenced = false;
  for (let at = 0; at < lines.length; at++) {
    const first = at + 1;
    let line = lines[at] ?? "";
    if (path.endsWith(".md") && /^\s*```/.test(line)) {
      fenced = !fenced;
      continue;
    }
    if (fenced) {
      while (line.endsWith("\\")) line = line.slice(0, -1) + (lines[++at] ?? "");
      const match = prompt.exec(line);
      if (match) found.push(shown(path, first, fenced, match.groups?.["rest"] ?? ""));
      continue;
    }
    for (const match of line.matchAll(quoted))
      found.push(shown(path, first, fenced, match.groups?.["rest"] ?? ""));
  }
  return found;
}

/** What rules that log have written to the kernel's log, read when somebody asks; nothing is kept here. */
import { exec } from "#base/exec";
import { logPrefix } from "./groups.ts";

export interface LoggedPacket {
  readonly at: string;
  readonly rule: string;
  readonly text: string;
}

interface Line {
  /** "2026-11-27T01:02:03,456789+00:00" */
  readonly time: string;
  readonly text: string;
}

/** dmesg's lines, of `dmesg --time-format iso`. */
export function parseLog(output: string, tag: string, rules: readonly string[]): LoggedPacket[] {
  const known = new Map(rules.map((rule) => [logPrefix(tag, rule), rule]));
  return output.split("\n").flatMap((line) => {
    const { time, text } = split(line);
    const [prefix, rule] = [...known].find(([start]) => text.startsWith(start)) ?? [];
    if (prefix === undefined || rule === undefined) return [];
    const at = new Date(time.replace(",", "."));
    return [{ at: at.toISOString(), rule, text: text.slice(prefix.length).trim() }];
  });
}

function split(line: string): Line {
  const space = line.indexOf(" ");
  return { time: line.slice(0, space), text: line.slice(space + 1) };
}

/** As far back as the kernel's log goes. @throws LodgeError host.command_failed: this process may not read it */
export async function ruleLog(tag: string, rules: readonly string[]): Promise<LoggedPacket[]> {
  const { stdout } = await exec("dmesg", ["--kernel", "--time-format", "iso"]);
  return parseLog(stdout, tag, rules);
}

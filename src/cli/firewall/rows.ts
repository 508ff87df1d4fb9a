import type { Schemas } from "#contract/schemas";

type Rule = Schemas["FirewallRule"];

/** "from group:web: tcp 22, 80" */
export function ruleWords({ direction, peer, protocol, ports }: Rule): string {
  const who = `${direction === "in" ? "from" : "to"} ${peer}`;
  const what = protocol === "any" ? "everything" : [protocol, ports.join(", ")].filter(Boolean).join(" ");
  return `${who}: ${what}`;
}

export function ruleLine(rule: Rule): string {
  const { id, packets, log, note } = rule;
  const more = [
    packets === undefined ? "" : `${packets} packets`,
    log ? "logged" : "",
    note === "" ? "" : `(${note})`,
  ];
  return [id, ruleWords(rule), ...more].filter(Boolean).join("  ");
}

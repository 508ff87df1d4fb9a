import type { CatalogueEntry } from "./entry.ts";

/** Errors about firewall groups. */
export const firewallErrors = {
  "firewall.not_found": {
    status: 404,
    message: "There is no firewall group '{firewall}'.",
    hint: "'lodge firewall ls' shows the groups.",
  },
  "firewall.name_taken": {
    status: 409,
    message: "There is a firewall group '{name}' already.",
    hint: "Take another name, or change that one with 'lodge firewall set'.",
  },
  "firewall.in_use": {
    status: 409,
    message: "Firewall group '{firewall}' is attached to {users}.",
    hint: "Detach it with 'lodge firewall detach' first.",
  },
  "firewall.peer_unknown": {
    status: 400,
    message: "A rule speaks of '{peer}', which is nobody.",
    hint: "Say any, an address or subnet such as 10.0.0.0/8, guest:NAME, group:NAME, network:NAME or label:KEY=VALUE.",
  },
  "firewall.ports_wrong": {
    status: 400,
    message: "A rule of protocol {protocol} has the ports '{ports}'.",
    hint: "Give ports from 1 to 65535 to rules for tcp or udp, such as 22 or 8000-8100.",
  },
  "firewall.rule_not_found": {
    status: 404,
    message: "Firewall group '{firewall}' has no rule '{rule}'.",
    hint: "'lodge firewall show {firewall}' shows its rules.",
  },
  "firewall.too_many_rules": {
    status: 409,
    message: "Firewall group '{firewall}' has {limit} rules, and can have no more.",
    hint: "Put more into another group: a guest may have several.",
  },
  "firewall.no_bridge": {
    status: 409,
    message: "Guest '{guest}' is in a user-mode network, where Lodge sees none of its packets.",
    hint: "Give it a network of another kind: 'lodge network ls' shows them.",
  },
} as const satisfies Record<string, CatalogueEntry>;

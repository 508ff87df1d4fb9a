import type { CatalogueEntry } from "./entry.ts";

/** Errors about virtual networks. */
export const networkErrors = {
  "network.not_found": {
    status: 404,
    message: "There is no network '{network}'.",
    hint: "'lodge network ls' shows the networks.",
  },
  "network.unprivileged": {
    status: 403,
    message: "A network of kind '{kind}' needs root on this host.",
    hint: "Run the daemon as root, or use '--network user'.",
  },
  "network.setup_failed": {
    status: 500,
    message: "Network '{network}' could not be set up: {reason}.",
    hint: "'lodge doctor' shows what this host's network can do.",
  },
  "network.port_in_use": {
    status: 409,
    message: "Port {port}/{protocol} of the host is already published or in use.",
    hint: "Publish another port, for example '--publish {suggestion}:…'.",
  },
  "network.addresses_exhausted": {
    status: 507,
    message: "Network '{network}' has no free address left.",
    hint: "Remove guests that are no longer needed.",
  },
  "network.too_many": {
    status: 507,
    message: "This host has {limit} networks, and can have no more.",
    hint: "Remove projects that hold nothing any more with 'lodge project rm', or use '--network user'.",
  },
  "network.no_subnet": {
    status: 507,
    message: "No free subnet was found for network '{network}'.",
    hint: "Free a /24 in 10.64.0.0/10, 172.16.0.0/12 or 192.168.0.0/16 among this host's routes.",
  },
  "network.subnet_in_use": {
    status: 409,
    message: "Network '{network}' uses {subnet}, and this host's device {device} has an address in it too.",
    hint: "Give {device} another address, or let the network choose another subnet.",
  },
} as const satisfies Record<string, CatalogueEntry>;

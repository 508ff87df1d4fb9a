import type { CatalogueEntry } from "./entry.ts";

/** Errors about virtual networks. */
export const networkErrors = {
  "network.not_found": {
    status: 404,
    message: "There is no network '{network}'.",
    hint: "'lodge network ls' shows the networks.",
  },
  "network.name_taken": {
    status: 409,
    message: "There is a network '{network}' already.",
    hint: "Choose another name; 'lodge network ls' shows those that are taken.",
  },
  "network.built_in": {
    status: 409,
    message: "Network '{network}' is Lodge's own, and stays as it is.",
    hint: "Make another one with 'lodge network create', and put guests there.",
  },
  "network.in_use": {
    status: 409,
    message: "Network '{network}' has guests on it: {guests}.",
    hint: "Remove them, or take their cards out of it with 'lodge nic rm'.",
  },
  "network.overlaps": {
    status: 409,
    message: "{subnet} cannot be a network's: {reason}.",
    hint: "Choose another one, or leave it out: Lodge finds one that is free.",
  },
  "network.uplink_unfit": {
    status: 409,
    message: "'{device}' cannot be a network's uplink: {reason}.",
    hint: "Do this instead: {hint}.",
  },
  "network.address_unfit": {
    status: 422,
    message: "A guest in network '{network}' cannot have {address}: {reason}.",
    hint: "'lodge network show {network}' tells its subnet and who has which address in it.",
  },
  "network.mac_taken": {
    status: 409,
    message: "Guest '{guest}' has a card with the MAC {mac} already.",
    hint: "Choose another one, or leave it out: Lodge makes one up.",
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
    hint: "Remove some that nobody is on with 'lodge network rm', or use '--network user'.",
  },
  "network.no_subnet": {
    status: 507,
    message: "No free subnet was found for network '{network}'.",
    hint: "Free a /24 in 10.64.0.0/10, 172.16.0.0/12 or 192.168.0.0/16 among this host's routes.",
  },
  "network.no_cluster": {
    status: 409,
    message: "This host stands alone: nothing lies between it and others.",
    hint: "'lodge network underlay' is for the hosts of a cluster.",
  },
  "network.no_underlay": {
    status: 409,
    message: "Network '{network}' does not span hosts: nobody has said what lies between them.",
    hint: "Say so with 'lodge network underlay trusted', where nobody else listens or sends there, or 'lodge network underlay wireguard'.",
  },
  "network.wireguard_missing": {
    status: 409,
    message: "WireGuard is not on every host: it is missing on {hosts}.",
    hint: "Install wireguard-tools there and have its kernel load WireGuard ('modprobe wireguard'); then try again.",
  },
  "network.subnet_in_use": {
    status: 409,
    message: "Network '{network}' uses {subnet}, and this host's device {device} has an address in it too.",
    hint: "Give {device} another address, or let the network choose another subnet.",
  },
} as const satisfies Record<string, CatalogueEntry>;

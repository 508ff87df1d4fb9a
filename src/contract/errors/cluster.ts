import type { CatalogueEntry } from "./entry.ts";

/** Errors of many hosts that are one. */
export const clusterErrors = {
  "cluster.still_in": {
    status: 409,
    message: "This host is in a cluster with {hosts}.",
    hint: "Take it out first with 'lodge cluster leave', once its guests are gone; with --force the others have to remove it.",
  },
  "cluster.carry_failed": {
    status: 500,
    message: "This host's state could not be carried into the cluster's store: {reason}.",
    hint: "Nothing was changed here. Try again with an etcd that is empty.",
  },
  "cluster.elsewhere": {
    status: 409,
    message: "What this is about has just gone to another host.",
    hint: "Try again.",
  },
  "cluster.host_not_found": {
    status: 404,
    message: "There is no host {host} in this cluster.",
    hint: "'lodge cluster ls' shows which there are.",
  },
  "cluster.host_unreachable": {
    status: 503,
    message: "The host {host} does not answer: {reason}.",
    hint: "What runs there may run on. 'lodge cluster status' shows which hosts answer.",
  },
  "cluster.peers_only": {
    status: 403,
    message: "This is between the hosts of a cluster alone.",
    hint: "Ask at the address of the web interface, or with 'lodge' on one of the hosts.",
  },
  "cluster.not_a_member": {
    status: 403,
    message: "The host {host} is no member of this cluster.",
    hint: "If it was taken out, have it join again with a new token.",
  },
  "cluster.wire_mismatch": {
    status: 409,
    message: "The host {host} speaks version {theirs} of what hosts say to each other, and this one {own}.",
    hint: "Two adjacent versions work together: upgrade the older host first, one version at a time, or take it out with 'lodge cluster remove'.",
  },
  "cluster.host_too_old": {
    status: 409,
    message:
      "The host {host} speaks version {own}, and the cluster's records are of version {level} by now: all of its hosts were upgraded.",
    hint: "Install the version of Lodge that its other hosts run: 'lodge cluster ls' on one of them shows it.",
  },
  "cluster.host_too_new": {
    status: 409,
    message:
      "The host {host} speaks version {own}, and the cluster's records are of version {level}: it skips one.",
    hint: "Install the version of Lodge in between first: 'lodge cluster status' on another host shows who is behind.",
  },
  "cluster.witness": {
    status: 409,
    message:
      "This computer is a witness of a cluster: it runs no guests, and answers nothing but how the cluster is.",
    hint: "Ask one of the cluster's hosts: 'lodge cluster ls' shows them. There 'lodge cluster remove' takes the witness out. Its daemon is 'lodged --witness'.",
  },
  "cluster.not_a_witness": {
    status: 409,
    message: "{home} is the home of a computer that is no witness: {reason}.",
    hint: "Make a token with 'lodge cluster token' on a host of the cluster, and start with 'lodged --witness --join TOKEN', in a home of its own.",
  },
  "cluster.tunnel_refused": {
    status: 404,
    message: "There is nothing at {path} that a tunnel may lead to.",
    hint: "It may have ended meanwhile: try again.",
  },
  "cluster.alone": {
    status: 409,
    message: "This host is in no cluster.",
    hint: "'lodge cluster init' makes it the first of one.",
  },
  "cluster.member_already": {
    status: 409,
    message: "This host is in a cluster already.",
    hint: "'lodge cluster status' says how that is; 'lodge cluster leave' takes this host out of it.",
  },
  "cluster.address_needed": {
    status: 400,
    message: "Which address other hosts find this one at is not clear: it has {found}.",
    hint: "Name it with --address IP, one that the other hosts reach.",
  },
  "cluster.address_refused": {
    status: 400,
    message: "{address} is no address for other hosts: {reason}.",
    hint: "Give --address an IP address of this host's that the others reach, such as 198.51.100.7.",
  },
  "cluster.not_fresh": {
    status: 409,
    message: "This host has {what}, and only one without any may join.",
    hint: "Remove them first, or keep what matters as images ('lodge image create') that the cluster can import.",
  },
  "cluster.token_invalid": {
    status: 403,
    message: "The token is not known, was used already or has run out.",
    hint: "Make a new one with 'lodge cluster token' on a host of the cluster.",
  },
  "cluster.token_malformed": {
    status: 400,
    message: "That is no token for joining a cluster.",
    hint: "Copy the whole line that 'lodge cluster token' printed.",
  },
  "cluster.name_taken": {
    status: 409,
    message: "The cluster has a host with the name {name} already.",
    hint: "Join with another one: --name NAME.",
  },
  "cluster.another_authority": {
    status: 403,
    message: "What answers at {address} is not the cluster that the token is for.",
    hint: "Somebody may be in between, or another Lodge has that address now. Make a new token there.",
  },
  "cluster.has_guests": {
    status: 409,
    message: "{host} has {what}, which would be lost.",
    hint: "Move or remove them first; 'lodge drain' moves all guests of a host that answers.",
  },
  "cluster.last_host": {
    status: 409,
    message: "This is the cluster's last host.",
    hint: "Keep it as a cluster of one: other hosts may join again at any time.",
  },
  "cluster.remove_self": {
    status: 409,
    message: "{host} is this host.",
    hint: "'lodge cluster leave' takes the host out on which it is typed.",
  },
  "cluster.etcd_certificate": {
    status: 400,
    message: "The certificates for the etcd cannot be used: {reason}.",
    hint: "Give --etcd-ca, the certificate that signed the etcd's own and, where it wants one of its clients, --etcd-cert and --etcd-key: files in PEM.",
  },
  "cluster.etcd_in_use": {
    status: 409,
    message: "The etcd at {address} holds records of a Lodge already.",
    hint: "Give this cluster an etcd of its own, or remove what begins with 'lodge/' there if nothing needs it any more.",
  },
  "cluster.backup_unusable": {
    status: 400,
    message: "{path} cannot be restored: {reason}.",
    hint: "Name a file that 'lodge cluster backup' wrote, on the host where you type this.",
  },
  "cluster.request_invalid": {
    status: 400,
    message: "What was sent to be signed for a host is not in order: {reason}.",
    hint: "Both hosts have to run a Lodge of the same or the next version: look with 'lodge host version' on each.",
  },
  "cluster.identity_unusable": {
    status: 503,
    message: "This host's certificate at {path} cannot be used: {reason}.",
    hint: "Put the folder back from a backup of this host, or take it out of the cluster and have it join again.",
  },
} as const satisfies Record<string, CatalogueEntry>;

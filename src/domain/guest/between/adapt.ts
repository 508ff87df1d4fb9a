/**
 * A guest from outside, as this host would have it: its project, its networks and addresses here, its name; and what of that stands in
 * the way. What is no other host's to know, such as which of this one's pools its disks are in, is left out.
 */
import { hasCode, LodgeError } from "#contract/errors";
import type { MoveWishes } from "#contract/schema/move";
import type { Item, Store } from "#durable/store/store";
import { find } from "#durable/store/update";
import { findProject } from "../../project/record.ts";
import { firewallByName } from "../../firewall/record.ts";
import { readyImages } from "../../image/record.ts";
import type { RecordedNic } from "../../network/member.ts";
import { networkByName } from "../../network/record.ts";
import type { Networks } from "../../network/networks.ts";
import type { Cargo } from "../migrate/cargo.ts";
import { inWords, type Blocker } from "../migrate/preflight.ts";
import { guestKey, guestNameKey, type GuestRecord } from "../record.ts";

export interface AdaptParts {
  readonly store: Store;
  readonly networks: Pick<Networks, "newNic" | "claims">;
  /** What this host is called in a cluster. */
  readonly host: string | undefined;
}

export interface Adapted {
  readonly cargo: Cargo;
  readonly blockers: readonly Blocker[];
  /** What it would not keep. */
  readonly warnings: readonly string[];
  /** What is to be kept for it until it is here. */
  readonly claims: readonly Pick<Item, "key" | "value">[];
}

export async function adapt(parts: AdaptParts, given: Cargo, wishes: MoveWishes): Promise<Adapted> {
  const told = given.guest;
  const name = wishes.name ?? told.name;
  const project = wishes.project ?? told.project;
  const guest: GuestRecord = {
    ...told,
    name,
    project,
    ...(parts.host === undefined ? {} : { host: parts.host }),
  };
  const found = await standingIn(parts, guest);
  if (!(await isProject(parts.store, project)))
    return { cargo: { ...given, guest }, blockers: [...found, noProject(project)], warnings: [], claims: [] };
  const cards = await cardsHere(parts, guest, wishes.networks ?? {});
  const here: GuestRecord = { ...guest, nics: cards.nics };
  const cargo: Cargo = {
    ...given,
    guest: here,
    snapshots: given.snapshots.map((snapshot) => ({
      ...snapshot,
      project,
      // An image of that id here is another one.
      machine: { ...snapshot.machine, drives: snapshot.machine.drives.map(({ id }) => ({ id })) },
    })),
    // What two hosts have in common, two clusters have not, whatever it is called.
    layers: given.layers.map(({ shared: _shared, common: _common, ...packed }) => packed),
  };
  const claims = [
    { key: guestNameKey(project, name), value: here.id },
    ...parts.networks.claims(here, here.nics),
  ];
  return { cargo, blockers: [...found, ...cards.blockers], warnings: cards.warnings, claims };
}

async function isProject(store: Store, project: string): Promise<boolean> {
  try {
    await findProject(store, project);
    return true;
  } catch (error) {
    if (hasCode(error, "project.not_found")) return false;
    throw error;
  }
}

const noProject = (project: string): Blocker => ({
  what: "project",
  reason: `there is no project ${project}`,
  fix: "Name one that is there with --project, or make it there with 'lodge project create'.",
});

/** What of this host itself is in its way. */
async function standingIn({ store }: AdaptParts, guest: GuestRecord): Promise<Blocker[]> {
  const { id, name, project, ha, replica, disks, drives, kernel, firewalls = [] } = guest;
  const found: Blocker[] = [];
  if (await find(store, guestKey(id)))
    found.push({
      what: "guest",
      reason: "the very guest is there already",
      fix: "Remove the one of the two that is a copy.",
    });
  else if (await find(store, guestNameKey(project, name)))
    found.push({
      what: "name",
      reason: `another guest there is called ${name}`,
      fix: "Give it another name there with --name.",
    });
  if (ha)
    found.push({
      what: "ha",
      reason: "it is highly available where it is",
      fix: `Take that from it with 'lodge set ${name} --no-ha', and ask for it there.`,
    });
  if (replica)
    found.push({
      what: "replica",
      reason: "it has a replica where it is",
      fix: `Take that away first with 'lodge replica rm ${name}'.`,
    });
  if (drives.some(({ image }) => image !== undefined))
    found.push({
      what: "media",
      reason: "there is an image in a drive of it",
      fix: `Take it out with 'lodge eject ${name}': images stay in their cluster.`,
    });
  if (kernel && !(await isKernelHere(store, kernel)))
    found.push({
      what: "image",
      reason: "it boots a kernel from outside its disk, which no image there has at the same place",
      fix: "Have the same image there, in the same home.",
    });
  if (disks.some(({ volume }) => volume !== undefined))
    found.push({
      what: "volume",
      reason: "a volume is attached to it",
      fix: "Detach it with 'lodge volume detach': volumes stay in their cluster.",
    });
  for (const group of firewalls)
    if (!(await hasFirewall(store, project, group)))
      found.push({
        what: "firewall",
        reason: `there is no firewall group ${group} in project ${project}`,
        fix: `Make it there with 'lodge firewall create ${group}', or take it from the guest with 'lodge firewall detach'.`,
      });
  return found;
}

/** A file that an image of this host boots, and no other: it is read for a guest of somebody else's. */
async function isKernelHere(store: Store, { kernel, initrd }: Kernel): Promise<boolean> {
  const images = await readyImages(store);
  return images.some(({ directBoot }) => directBoot?.kernel === kernel && directBoot.initrd === initrd);
}

type Kernel = NonNullable<GuestRecord["kernel"]>;

async function hasFirewall(store: Store, project: string, name: string): Promise<boolean> {
  try {
    await firewallByName(store, project, name);
    return true;
  } catch (error) {
    if (hasCode(error, "firewall.not_found")) return false;
    throw error;
  }
}

interface Cards {
  readonly nics: readonly RecordedNic[];
  readonly blockers: readonly Blocker[];
  readonly warnings: readonly string[];
}

async function cardsHere(
  parts: AdaptParts,
  { nics, project }: GuestRecord,
  names: Readonly<Record<string, string>>,
): Promise<Cards> {
  const [made, blockers, warnings]: [RecordedNic[], Blocker[], string[]] = [[], [], []];
  for (const nic of nics) {
    const network = names[nic.network] ?? nic.network;
    try {
      const card = await cardHere(parts, { ...nic, network }, project);
      made.push(card);
      if (nic.address !== undefined && card.address !== nic.address)
        warnings.push(
          `Its card ${nic.id} had ${nic.address} and gets ${card.address ?? "none from Lodge"} in network ${network} there.`,
        );
    } catch (error) {
      if (!(error instanceof LodgeError)) throw error;
      made.push({ ...nic, network });
      blockers.push(cardBlocker(error, nic, network));
    }
  }
  return { nics: made, blockers, warnings };
}

/** With the MAC that it has; with its address too, where that is in the network here and nobody's. */
async function cardHere(
  { store, networks }: AdaptParts,
  { id, network, mac, mtu, vlan, port, address }: RecordedNic,
  project: string,
): Promise<RecordedNic> {
  const wish = {
    network,
    mac,
    ...(mtu === undefined ? {} : { mtu }),
    ...(vlan === undefined ? {} : { vlan }),
  };
  const make = async (): Promise<RecordedNic> => {
    if (address === undefined) return networks.newNic(id, wish, project);
    try {
      return await networks.newNic(id, { ...wish, address }, project);
    } catch (error) {
      if (!hasCode(error, "network.address_unfit")) throw error;
      return networks.newNic(id, wish, project);
    }
  };
  // A project's default network is made for its first guest; all others are there.
  if (network !== "default") await networkByName(store, network, project);
  const made = await make();
  return { ...made, ...(port === undefined ? {} : { port }) };
}

function cardBlocker(error: LodgeError, { id, network: before, mac }: RecordedNic, network: string): Blocker {
  switch (error.code) {
    case "network.not_found":
      return {
        what: "network",
        reason: `there is no network ${network}`,
        fix: `Say which of those there its card ${id} is to be in with --network ${before}=NAME, or make it there with 'lodge network create'.`,
      };
    case "network.mac_taken":
      return {
        what: "mac",
        reason: `another guest there has the MAC ${mac} of its card ${id}`,
        fix: "Take that card out of one of the two with 'lodge nic rm'.",
      };
    default:
      return { what: "network", reason: inWords(error), fix: error.hint };
  }
}

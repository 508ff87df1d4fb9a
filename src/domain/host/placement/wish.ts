/** What a guest needs of the host that it is to be on, and what its owner would rather have. */
import type { Amount } from "./offer.ts";

/** Guests that are meant: one by its name, or those with a label ("key" or "key=value"). All of the same project. */
export type Companions = { readonly guest: string } | { readonly label: string };

/** With whom a guest is to be on one host, or with whom not. */
export type Company = Companions & {
  /** It has to be; else it is better. */
  readonly required?: boolean;
};

export type PlacementPolicy = "balance" | "pack";

/** What a guest's record says of where it may be. */
export interface Placement {
  /** One of these hosts, by name or id. */
  readonly hosts?: readonly string[];
  /** Hosts with all of these labels: "key" or "key=value". */
  readonly hostLabels?: readonly string[];
  readonly affinity?: readonly Company[];
  readonly antiAffinity?: readonly Company[];
  /** Taints that it does not mind: "key" for each value of it, or "key=value". */
  readonly tolerations?: readonly string[];
  /** Default: as the cluster is set. */
  readonly policy?: PlacementPolicy;
}

export interface Wish {
  /** Of the guest, where it is there already. */
  readonly id?: string;
  readonly name: string;
  readonly project: string;
  readonly labels: Readonly<Record<string, string>>;
  /** What has to be promised for it; memory and processors are 0 where it is not to run. */
  readonly needs: Amount;
  /** Bytes of memory that are needed at once: where it forks, and where it boots. */
  readonly atOnce: { readonly fork: number; readonly boot: number };
  readonly architecture?: string;
  /** Absent: whichever the host has. */
  readonly accelerator?: "kvm" | "tcg";
  readonly machineType?: string;
  readonly cpuModel?: string;
  readonly cpuFeatures?: readonly string[];
  readonly networks: readonly string[];
  /** Bytes in each pool. */
  readonly pools: readonly { readonly name: string; readonly bytes: number }[];
  readonly image?: string;
  /** The template that it could fork from, by `templateKey`. */
  readonly template?: string;
  readonly placement: Placement;
}

/** A guest where it is. */
export interface Resident extends Wish {
  readonly id: string;
  readonly host: string;
  /** It is to be started elsewhere when its host dies. */
  readonly highlyAvailable?: boolean;
}

/** What guests are found by: their names and ids, their labels with and without the value, within their project. */
export function termsOf({
  id,
  name,
  project,
  labels,
}: Pick<Wish, "id" | "name" | "project" | "labels">): string[] {
  const named = [name, ...(id === undefined ? [] : [id])].map((ref) => termOf(project, { guest: ref }));
  const labelled = Object.entries(labels).flatMap(([key, value]) => [key, `${key}=${value}`]);
  return [...named, ...labelled.map((label) => termOf(project, { label }))];
}

export const termOf = (project: string, of: Companions): string =>
  "guest" in of ? `${project} guest ${of.guest}` : `${project} label ${of.label}`;

/** In words: "guest db", "guests with app=web". */
export const companyWords = (of: Companions): string =>
  "guest" in of ? `guest ${of.guest}` : `guests with ${of.label}`;

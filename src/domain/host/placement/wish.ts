/** What a guest needs of the host that it is to be on, and what its owner would rather have. */
import type { Placement } from "#contract/schema/placement";
import type { Amount } from "./offer.ts";

/** Guests that are meant: one by its name, or those with a label ("key" or "key=value"). All of the same project. */
export type Companions = { readonly guest: string } | { readonly label: string };

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
  /** What hosts have or not: see HostOffer. */
  readonly features?: readonly string[];
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
  /** Why it cannot be anywhere else: it has something of its host's. */
  readonly held?: { readonly reason: string; readonly fix: string };
  /** Id of the template whose memory it shares. */
  readonly forkOf?: string;
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

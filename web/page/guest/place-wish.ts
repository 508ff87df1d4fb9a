/** What the form of a guest's place in the cluster holds, and the wish that it becomes. */
import type { Schemas } from "#contract/schemas";

export type Placement = NonNullable<Schemas["Guest"]["placement"]>;
type Company = NonNullable<Placement["affinity"]>[number];

export interface PlaceWish {
  /** Each a list, with commas between. */
  readonly hosts: string;
  readonly hostLabels: string;
  readonly near: string;
  readonly nearStrict: boolean;
  readonly apart: string;
  readonly apartStrict: boolean;
  readonly tolerations: string;
}

/** Stands before a label that has no value, which would read like a guest's name. */
const labelSign = "label:";

const show = (company: Company): string => {
  if ("guest" in company) return company.guest;
  return company.label.includes("=") ? company.label : `${labelSign}${company.label}`;
};

const isStrict = (companies: readonly Company[] = []): boolean =>
  companies.length > 0 && companies.every(({ required }) => required === true);

export const placeWish = (placement: Placement = {}): PlaceWish => ({
  hosts: placement.hosts?.join(", ") ?? "",
  hostLabels: placement.hostLabels?.join(", ") ?? "",
  near: placement.affinity?.map(show).join(", ") ?? "",
  nearStrict: isStrict(placement.affinity),
  apart: placement.antiAffinity?.map(show).join(", ") ?? "",
  apartStrict: isStrict(placement.antiAffinity),
  tolerations: placement.tolerations?.join(", ") ?? "",
});

const listOf = (text: string): string[] => text.split(/[\s,]+/).filter(Boolean);

function company(entry: string): Company {
  if (entry.startsWith(labelSign)) return { label: entry.slice(labelSign.length) };
  return entry.includes("=") ? { label: entry } : { guest: entry };
}

/** What was said of each by itself stays, unless the form says otherwise of all. */
function companies(text: string, strict: boolean, before: readonly Company[] = []): Company[] {
  const kept = strict === isStrict(before) ? before : [];
  return listOf(text).map((entry) => {
    const known = kept.find((one) => show(one) === entry);
    return known ?? { ...company(entry), ...(strict ? { required: true } : {}) };
  });
}

/** null: nothing is wished for. */
export function toPlacement(wish: PlaceWish, before: Placement = {}): Placement | null {
  const lists = {
    hosts: listOf(wish.hosts),
    hostLabels: listOf(wish.hostLabels),
    affinity: companies(wish.near, wish.nearStrict, before.affinity),
    antiAffinity: companies(wish.apart, wish.apartStrict, before.antiAffinity),
    tolerations: listOf(wish.tolerations),
  };
  const some = Object.entries(lists).filter(([, list]) => list.length > 0);
  const placement = {
    ...Object.fromEntries(some),
    ...(before.policy === undefined ? {} : { policy: before.policy }),
  };
  return Object.keys(placement).length > 0 ? placement : null;
}

/**
 * Which of the hosts that can have a guest is the best for it. Each score is 0 to 1 with a weight, and says why; their
 * shares add up to the host's score.
 *
 *   room          balance: how empty the host stays; pack: how full it gets
 *   accelerator   KVM before TCG
 *   affinity      those with whom it would rather be are there
 *   antiAffinity  those from whom it would rather be apart are not, or few
 *   template      its template is there: it forks rather than boots; still better where that is in memory
 *   siblings      forks of the same template share its memory: the more there are, the less this one's costs
 *   image         its image is there and need not be copied
 *
 * `base` are those that are the same for all hosts of a kind, or go down with the host's load: the index walks along
 * them. `bonus` are those that few hosts have.
 */
import type { Company, PlacementPolicy } from "#contract/schema/placement";
import { loadOf, type Standing } from "./standing.ts";
import { companyWords, termOf, type Wish } from "./wish.ts";
import { mebibytes, percent } from "./words.ts";

export interface Score {
  readonly score: ScoreName;
  readonly weight: number;
  /** 0 to 1. */
  readonly value: number;
  /** weight × value. */
  readonly share: number;
  readonly why: string;
}

export interface Rated {
  readonly total: number;
  readonly scores: readonly Score[];
}

export const weights = {
  room: 1,
  accelerator: 4,
  affinity: 2,
  antiAffinity: 2,
  template: 0.6,
  siblings: 0.2,
  image: 0.3,
} as const;
export type ScoreName = keyof typeof weights;

const noTemplate = { id: "", resident: 0 } as const;

type Found = { readonly value: number; readonly why: string } | undefined;
type Rate = (standing: Standing, wish: Wish, policy: PlacementPolicy) => Found;

const wanted = (companies: readonly Company[] = []) => companies.filter(({ required }) => !required);

const base = {
  room(standing, { needs }, policy) {
    const load = loadOf(standing, needs);
    const value = Math.min(1, Math.max(0, policy === "balance" ? 1 - load : load));
    return { value, why: `${percent(load)} of what it may promise would be promised` };
  },
  accelerator: ({ offer }) => ({
    value: offer.accelerator === "kvm" ? 1 : 0,
    why: offer.accelerator === "kvm" ? "it has KVM" : "it has no KVM, guests there are slow",
  }),
} satisfies Partial<Record<ScoreName, Rate>>;

const bonus = {
  affinity(standing, { project, placement }) {
    const companies = wanted(placement.affinity);
    if (companies.length === 0) return undefined;
    const met = companies.filter((one) => standing.count(termOf(project, one)) > 0);
    const why = met.length === 0 ? "none of those that it is to be near" : met.map(companyWords).join(", ");
    return { value: met.length / companies.length, why: `${why} there` };
  },
  antiAffinity(standing, { project, placement }) {
    const companies = wanted(placement.antiAffinity);
    if (companies.length === 0) return undefined;
    const counts = companies.map((one) => standing.count(termOf(project, one)));
    const value = counts.reduce((sum, count) => sum + 1 / (1 + count), 0) / companies.length;
    const there = companies.flatMap((one, at) =>
      counts[at]! > 0 ? [`${counts[at]} × ${companyWords(one)}`] : [],
    );
    return {
      value,
      why: there.length === 0 ? "none of those that it is to be apart from" : there.join(", "),
    };
  },
  template({ offer }, { template }) {
    if (template === undefined) return undefined;
    const found = offer.templates.find(({ key }) => key === template);
    if (!found) return { value: 0, why: "its template is not there: it boots" };
    return found.warm
      ? { value: 1, why: "its template is in memory there: it forks" }
      : { value: 0.5, why: "its template is there, and read back first" };
  },
  siblings(standing, { template }) {
    if (template === undefined) return undefined;
    const { id, resident } = standing.offer.templates.find(({ key }) => key === template) ?? noTemplate;
    const count = standing.siblings(id);
    if (count === 0 || resident === 0) return { value: 0, why: "nobody there to share memory with" };
    return { value: count / (count + 1), why: `shares ${mebibytes(resident)} with ${count} more there` };
  },
  image({ offer }, { image }) {
    if (image === undefined) return undefined;
    const there = offer.images.includes(image);
    return { value: Number(there), why: there ? "its image is there" : "its image is copied there first" };
  },
} satisfies Partial<Record<ScoreName, Rate>>;

export const bonusNames = Object.keys(bonus) as readonly (keyof typeof bonus)[];
export type BonusName = (typeof bonusNames)[number];

const round = (value: number): number => Math.round(value * 1e9) / 1e9;

function rateBy(rates: Readonly<Partial<Record<ScoreName, Rate>>>, ...asked: Parameters<Rate>): Score[] {
  return (Object.entries(rates) as [ScoreName, Rate][]).flatMap(([score, rate]) => {
    const found = rate(...asked);
    if (!found) return [];
    const weight = weights[score];
    return [{ score, weight, value: found.value, share: round(weight * found.value), why: found.why }];
  });
}

const sum = (scores: readonly Score[]): number => round(scores.reduce((all, { share }) => all + share, 0));

/** What a host has by what it is and how full it is; all others have at most `mostBonus` more. */
export const baseOf = (...asked: Parameters<Rate>): number => sum(rateBy(base, ...asked));

export function rate(...asked: Parameters<Rate>): Rated {
  const scores = [...rateBy(base, ...asked), ...rateBy(bonus, ...asked)];
  return { total: sum(scores), scores };
}

/** The higher score first; of equals the one whose name comes first. */
export const better = (
  a: { readonly total: number; readonly host: string },
  b: { readonly total: number; readonly host: string },
): number => b.total - a.total || (a.host < b.host ? -1 : Number(a.host > b.host));

/**
 * What has to be so for a guest to be placed on a host. Each says, where it is not, why in the user's words and what
 * would make it possible.
 *
 * Those of `hostFilters` look at what a host is, which many hosts have in common (kinds.ts): they are asked once for
 * all of them. The others are asked of each host.
 */
import { hasLabel } from "#contract/label";
import type { HostOffer } from "./offer.ts";
import { availableOf, resources, roomOf, type Standing } from "./standing.ts";
import { companyWords, termOf, termsOf, type Wish } from "./wish.ts";
import { amountWords, diskWords, mebibytes } from "./words.ts";

export interface Refusal {
  readonly filter: FilterName;
  /** "has 512 MiB of memory left, and 2048 MiB are needed": goes on from the host's name. */
  readonly reason: string;
  readonly fix: string;
}

type Verdict = Omit<Refusal, "filter"> | undefined;

/** What is asked besides the wish. */
export interface Asking {
  /** Milliseconds since the Unix epoch. */
  readonly now: number;
  /** Hosts that have refused the guest by themselves just now, and why. */
  readonly refused?: ReadonlyMap<string, string>;
  /** Hosts whose room is kept, and why, going on from the host's name: keep-reserve.ts. */
  readonly kept?: ReadonlyMap<string, string>;
}

const list = (items: readonly string[]): string => items.join(", ");

/** What a host is, and neither its name nor what comes and goes. */
export type HostTraits = Pick<
  HostOffer,
  | "state"
  | "architecture"
  | "accelerator"
  | "machineTypes"
  | "cpuModels"
  | "cpuFeatures"
  | "features"
  | "lacksNetworks"
  | "taints"
> & { readonly pools: readonly string[] };

export const traitsOf = (offer: HostOffer): HostTraits => ({
  state: offer.state,
  architecture: offer.architecture,
  accelerator: offer.accelerator,
  machineTypes: offer.machineTypes.toSorted(),
  cpuModels: offer.cpuModels.toSorted(),
  cpuFeatures: offer.cpuFeatures.toSorted(),
  features: offer.features.toSorted(),
  lacksNetworks: offer.lacksNetworks.toSorted(),
  taints: offer.taints.toSorted(),
  pools: offer.pools.map(({ name }) => name).toSorted(),
});

const featureWords: Readonly<Record<string, string>> = {
  uefi: "UEFI firmware",
  tpm: "TPMs",
  sound: "sound cards",
  tablet: "tablets and keyboards on virtio",
  monitors: "several monitors",
  "memory-plug": "memory that is plugged in",
};

const states: Readonly<Record<Exclude<HostOffer["state"], "in">, Verdict>> = {
  draining: { reason: "is being drained", fix: "Wait until it is, then resume it, or choose another host." },
  drained: { reason: "is drained", fix: "Resume it when its maintenance is over." },
  gone: { reason: "is gone", fix: "Bring it back, or remove it from the cluster." },
};

const hostFilters = {
  state: ({ state }: HostTraits) => (state === "in" ? undefined : states[state]),

  architecture: (traits: HostTraits, { architecture }: Wish) =>
    architecture === undefined || architecture === traits.architecture
      ? undefined
      : {
          reason: `is ${traits.architecture}, and the guest is ${architecture}`,
          fix: `Choose a host of ${architecture}, or an image for ${traits.architecture}.`,
        },

  accelerator: (traits: HostTraits, { accelerator }: Wish) =>
    accelerator === undefined || accelerator === traits.accelerator
      ? undefined
      : {
          reason: `runs guests by ${traits.accelerator}, and this one runs by ${accelerator}`,
          fix: "Stop the guest: it may start where the accelerator is another.",
        },

  machine: (traits: HostTraits, { machineType }: Wish) =>
    machineType === undefined || traits.machineTypes.includes(machineType)
      ? undefined
      : {
          reason: `has no machine type ${machineType}`,
          fix: "Upgrade QEMU there to a version that has it.",
        },

  cpu(traits: HostTraits, { cpuModel, cpuFeatures = [] }: Wish) {
    if (cpuModel !== undefined && !traits.cpuModels.includes(cpuModel))
      return {
        reason: `has no processor of model ${cpuModel}`,
        fix: "Choose a model that all hosts have; the guest gets it at its next start.",
      };
    const missing = cpuFeatures.filter((feature) => !traits.cpuFeatures.includes(feature));
    return missing.length === 0
      ? undefined
      : {
          reason: `has a processor without ${list(missing)}`,
          fix: "Choose a host with such a processor, or a model without these features.",
        };
  },

  feature(traits: HostTraits, { features = [] }: Wish) {
    const missing = features.filter((feature) => !traits.features.includes(feature));
    return missing.length === 0
      ? undefined
      : {
          reason: `lacks ${list(missing.map((feature) => featureWords[feature] ?? feature))}`,
          fix: "'lodge doctor' there says what to install.",
        };
  },

  network(traits: HostTraits, { networks }: Wish) {
    const missing = networks.filter((network) => traits.lacksNetworks.includes(network));
    return missing.length === 0
      ? undefined
      : {
          reason: `is not connected to network ${list(missing)}`,
          fix: "Connect it: the device that the network names has to be there.",
        };
  },

  storage(traits: HostTraits, { pools }: Wish) {
    const missing = pools.filter(({ name }) => !traits.pools.includes(name)).map(({ name }) => name);
    return missing.length === 0
      ? undefined
      : {
          reason: `does not have pool ${list(missing)}`,
          fix: "Make the pool there too, or keep the guest's disks in a pool that is shared.",
        };
  },

  taint(traits: HostTraits, { placement: { tolerations = [] } }: Wish) {
    const minded = traits.taints.filter(
      (taint) => !tolerations.some((one) => one === taint || taint.startsWith(`${one}=`)),
    );
    return minded.length === 0
      ? undefined
      : {
          reason: `is kept for guests that tolerate ${list(minded)}`,
          fix: `Let the guest tolerate it, or take the taint from the host.`,
        };
  },
} satisfies Record<string, (traits: HostTraits, wish: Wish) => Verdict>;

/** Is memory of the guest's template there already, or does it have to have all of its own? */
export const needsAtOnce = (
  { offer }: Pick<Standing, "offer">,
  { needs, atOnce, template }: Wish,
): number => {
  if (needs.memory === 0) return 0;
  return template !== undefined && offer.templates.some(({ key }) => key === template)
    ? atOnce.fork
    : atOnce.boot;
};

const standingFilters = {
  heard({ offer: { silentSince } }: Standing, _: Wish, { now }: Asking) {
    return silentSince === undefined
      ? undefined
      : {
          reason: `does not answer since ${Math.max(0, Math.floor((now - silentSince) / 1000))} s`,
          fix: "See whether it runs and can be reached; 'lodge doctor' there says what ails it.",
        };
  },

  refused({ offer }: Standing, _: Wish, { refused }: Asking) {
    const why = refused?.get(offer.host);
    return why === undefined
      ? undefined
      : { reason: `refused it just now: ${why}`, fix: "Mend that, or choose another host." };
  },

  reserve({ offer }: Standing, _: Wish, { kept }: Asking) {
    const reason = kept?.get(offer.host);
    return reason === undefined
      ? undefined
      : {
          reason,
          fix: "Stop guests, add a host, or keep less in reserve with 'lodge placement set --reserve 0'.",
        };
  },

  chosen({ offer }: Standing, { placement: { hosts } }: Wish) {
    return !hosts || hosts.includes(offer.name) || hosts.includes(offer.host)
      ? undefined
      : { reason: `is not one of ${list(hosts)}`, fix: "Let the guest be on this host too." };
  },

  label({ offer }: Standing, { placement: { hostLabels = [] } }: Wish) {
    const missing = hostLabels.filter((label) => !hasLabel(offer.labels, label));
    return missing.length === 0
      ? undefined
      : { reason: `has no label ${list(missing)}`, fix: "Label the host, or ask for less." };
  },

  affinity(standing: Standing, { project, placement: { affinity = [] } }: Wish) {
    const missing = affinity.find((one) => one.required && standing.count(termOf(project, one)) === 0);
    return missing === undefined
      ? undefined
      : {
          reason: `does not have ${companyWords(missing)}, with which it has to be`,
          fix: "Move them here first, or let it be better rather than required.",
        };
  },

  antiAffinity(standing: Standing, wish: Wish) {
    const own = (wish.placement.antiAffinity ?? []).find(
      (one) => one.required && standing.count(termOf(wish.project, one)) > 0,
    );
    if (own)
      return {
        reason: `has ${companyWords(own)}, from which it has to be apart`,
        fix: "Add a host, or let it be better rather than required.",
      };
    const others = termsOf(wish)
      .flatMap((term) => standing.keptApartFrom(term))
      .filter(({ id }) => id !== wish.id)
      .toSorted((a, b) => (a.id < b.id ? -1 : 1));
    return others.length === 0
      ? undefined
      : {
          reason: `has guest ${others[0]!.name}, which has to be apart from such`,
          fix: "Move that one, or add a host.",
        };
  },

  room(standing: Standing, { needs }: Wish) {
    const { limit } = standing.offer;
    const room = roomOf(standing);
    const what = resources.find((one) => needs[one] > 0 && needs[one] > room[one]);
    if (what === undefined) return undefined;
    const { name, show } = amountWords[what];
    if (needs[what] > limit[what])
      return {
        reason: `may promise ${show(limit[what])} of ${name} at all, and ${show(needs[what])} are needed`,
        fix: "Make the guest smaller, or choose a larger host.",
      };
    return {
      reason: `has ${show(Math.max(0, room[what]))} of ${name} left to promise, and ${show(needs[what])} are needed`,
      fix: "Move or stop guests there, or let it promise more with 'lodge host set'.",
    };
  },

  memory(standing: Standing, wish: Wish) {
    const needed = needsAtOnce(standing, wish);
    const available = availableOf(standing);
    return needed <= available
      ? undefined
      : {
          reason: `has ${mebibytes(available)} of memory free at this moment, and ${mebibytes(needed)} are needed`,
          fix: "Move, stop or suspend guests there.",
        };
  },

  pool({ offer }: Standing, { pools }: Wish) {
    const full = pools.find(({ name, bytes }) => {
      const pool = offer.pools.find((one) => one.name === name);
      return pool !== undefined && bytes > pool.free;
    });
    if (!full) return undefined;
    const free = offer.pools.find(({ name }) => name === full.name)?.free ?? 0;
    return {
      reason: `has ${diskWords(Math.max(0, free))} free in pool ${full.name}, and ${diskWords(full.bytes)} are needed`,
      fix: "Free some space there, or choose another pool.",
    };
  },
} satisfies Record<string, (standing: Standing, wish: Wish, asking: Asking) => Verdict>;

export type FilterName = keyof typeof hostFilters | keyof typeof standingFilters;

function* named<A extends readonly unknown[]>(
  filters: Readonly<Record<string, (...args: A) => Verdict>>,
  ...args: A
): Generator<Refusal> {
  for (const [filter, ask] of Object.entries(filters)) {
    const verdict = ask(...args);
    if (verdict) yield { filter: filter as FilterName, ...verdict };
  }
}

/** Why no host of this kind can have it: each reason, the first of which is enough. */
export const refusedByKind = (traits: HostTraits, wish: Wish): Generator<Refusal> =>
  named<[HostTraits, Wish]>(hostFilters, traits, wish);

/** Why this one cannot, whose kind can. */
export const refusedByHost = (standing: Standing, wish: Wish, asking: Asking): Generator<Refusal> =>
  named<[Standing, Wish, Asking]>(standingFilters, standing, wish, asking);

export const refusals = (standing: Standing, wish: Wish, asking: Asking): Refusal[] => [
  ...refusedByKind(traitsOf(standing.offer), wish),
  ...refusedByHost(standing, wish, asking),
];

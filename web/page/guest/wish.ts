/** What the form holds, and the request it becomes. */
import type { Schemas } from "#contract/schemas";
import { mergeLimits } from "#contract/limits";
import { usual } from "../../data/forecast.ts";
import { toChange, wishOf, type LimitWish } from "./limit-wish.ts";

type Body = Schemas["GuestCreate"];

const MiB = 1024 ** 2;
const GiB = 1024 ** 3;

export const sizes = {
  small: { cpus: 1, memory: 512 },
  medium: { cpus: 2, memory: 2048 },
  large: { cpus: 4, memory: 8192 },
} as const;
export type Size = keyof typeof sizes;

export interface Wish {
  readonly image: string;
  readonly name: string;
  readonly cpus: number;
  /** MiB. */
  readonly memory: number;
  /** MiB that it can be given while it runs; "" for no more than it begins with. */
  readonly maxMemory: number | "";
  readonly description: string;
  /** GiB; "" for as large as the image. */
  readonly disk: number | "";
  readonly network: string;
  readonly firmware: "bios" | "uefi";
  readonly secureBoot: boolean;
  readonly tpm: boolean;
  readonly sound: boolean;
  readonly encrypted: boolean;
  readonly sshKey: string;
  readonly userData: string;
  readonly restart: NonNullable<Body["restart"]>;
  readonly cold: boolean;
  readonly start: boolean;
  readonly removeWhenStopped: boolean;
  readonly limits: LimitWish;
  /** Of the cluster; "" where Lodge chooses. */
  readonly host: string;
  /** Where its disk is; "" for the default one. */
  readonly pool: string;
  /** It comes back on another host when its own dies. */
  readonly ha: boolean;
}

export const noNetwork = "";

export const firstWish: Wish = {
  image: "",
  name: "",
  ...sizes.small,
  maxMemory: "",
  description: "",
  disk: "",
  network: usual.network,
  firmware: "bios",
  secureBoot: false,
  tpm: false,
  sound: false,
  encrypted: false,
  sshKey: "",
  userData: "",
  restart: "never",
  cold: false,
  start: true,
  removeWhenStopped: false,
  limits: wishOf(),
  host: "",
  pool: "",
  ha: false,
};

/** Of a highly available guest that nothing else was said of. */
export const usualPriority = 100;

export const sizeOf = ({ cpus, memory }: Pick<Wish, "cpus" | "memory">): Size | undefined =>
  (Object.keys(sizes) as Size[]).find((name) => sizes[name].cpus === cpus && sizes[name].memory === memory);

/** What the machine had that an image comes from. */
export const suggestedBy = ({ cpus, memory }: Schemas["Image"]): Partial<Pick<Wish, "cpus" | "memory">> => ({
  ...(cpus === undefined ? {} : { cpus }),
  ...(memory === undefined ? {} : { memory: Math.round(memory / MiB) }),
});

/** A DNS label: as the contract's Name. */
export const isName = (name: string): boolean => /^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$/.test(name);

const diskOf = ({ disk, pool }: Wish): NonNullable<Body["disks"]>[number] => ({
  ...(disk === "" ? {} : { size: disk * GiB }),
  ...(pool === "" ? {} : { pool }),
});

/** The request; what is as the API has it by itself is left out. */
export function toBody(wish: Wish, iso: boolean): Body {
  const limits = mergeLimits(undefined, toChange(wish.limits));
  return {
    ...(iso ? { iso: wish.image } : { image: wish.image }),
    ...(wish.name === "" ? {} : { name: wish.name }),
    ...(wish.description === "" ? {} : { description: wish.description }),
    cpus: wish.cpus,
    memory: wish.memory * MiB,
    ...(wish.maxMemory === "" ? {} : { maxMemory: wish.maxMemory * MiB }),
    ...(wish.disk === "" && wish.pool === "" ? {} : { disks: [diskOf(wish)] }),
    ...(wish.network === usual.network ? {} : { network: wish.network === noNetwork ? [] : [wish.network] }),
    ...(wish.firmware === "bios" ? {} : { firmware: wish.firmware, secureBoot: wish.secureBoot }),
    ...(wish.tpm ? { tpm: true } : {}),
    ...(wish.sound ? { sound: true } : {}),
    ...(wish.encrypted ? { encrypted: true } : {}),
    ...(wish.sshKey.trim() === "" ? {} : { sshKeys: wish.sshKey.trim().split(/\s*\n\s*/) }),
    ...(wish.userData === "" ? {} : { userData: wish.userData }),
    ...(wish.restart === "never" ? {} : { restart: wish.restart }),
    ...(wish.cold ? { cold: true } : {}),
    ...(wish.start ? {} : { start: false }),
    ...(wish.removeWhenStopped ? { removeWhenStopped: true } : {}),
    ...(limits ? { limits } : {}),
    ...(wish.ha ? { ha: { priority: usualPriority } } : {}),
    ...(wish.host === "" ? {} : { placement: { hosts: [wish.host] } }),
  };
}

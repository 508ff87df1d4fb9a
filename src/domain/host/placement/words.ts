/** Amounts as people read them. */
import type { Resource } from "./standing.ts";

export const mebibytes = (bytes: number): string => `${Math.ceil(bytes / 2 ** 20)} MiB`;
const gibibytes = (bytes: number): string => `${(bytes / 2 ** 30).toFixed(1)} GiB`;

export const amountWords: Readonly<
  Record<Resource, { readonly name: string; readonly show: (amount: number) => string }>
> = {
  memory: { name: "memory", show: mebibytes },
  cpus: { name: "processors", show: (count) => String(Math.ceil(count)) },
  disk: { name: "disk", show: gibibytes },
};

export const diskWords = gibibytes;

export const percent = (part: number): string => `${Math.round(part * 100)} %`;

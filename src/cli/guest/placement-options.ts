/** Options for where a guest may be among the hosts of a cluster. */
import type { Company, Placement } from "#contract/schema/placement";
import { choice, many, type Options, type Values } from "../command.ts";

/** "db", "app=web", "app=web,required". A name is a guest's; with "=" it is a label. */
export function parseCompany(given: string): Company {
  const [what = "", ...words] = given.split(",");
  const unknown = words.find((word) => word !== "required");
  if (what === "" || unknown !== undefined)
    throw new RangeError(`'${given}' is not GUEST or KEY=VALUE, with ',required' or without`);
  const required = words.length > 0 ? { required: true } : {};
  return what.includes("=") ? { label: what, ...required } : { guest: what, ...required };
}

const same = (given: string): string => given;

export const placementOptions = {
  "only-on": many("HOST", "Only this host, or one of these where it is given again.", same),
  "host-label": many("KEY[=VALUE]", "Only hosts with this label; may be given again.", same),
  affinity: many(
    "GUEST|KEY=VALUE[,required]",
    "Rather on a host with this guest, or with guests of this label; required: nowhere else.",
    parseCompany,
  ),
  "anti-affinity": many(
    "GUEST|KEY=VALUE[,required]",
    "Rather on a host without this guest, or without guests of this label; required: nowhere else.",
    parseCompany,
  ),
  tolerate: many("TAINT", "A taint of hosts that it does not mind; may be given again.", same),
  place: choice(
    ["balance", "pack"],
    "On the host with most room, or with least (default: as 'lodge placement set' says).",
  ),
} as const satisfies Options;

/** Undefined where nothing of it was given. */
export function placementOf(options: Values<typeof placementOptions>): Placement | undefined {
  const { "only-on": hosts, "host-label": hostLabels, affinity, tolerate, place: policy } = options;
  const antiAffinity = options["anti-affinity"];
  const placement: Placement = {
    ...(hosts ? { hosts: [...hosts] } : {}),
    ...(hostLabels ? { hostLabels: [...hostLabels] } : {}),
    ...(affinity ? { affinity: [...affinity] } : {}),
    ...(antiAffinity ? { antiAffinity: [...antiAffinity] } : {}),
    ...(tolerate ? { tolerations: [...tolerate] } : {}),
    ...(policy ? { policy } : {}),
  };
  return Object.keys(placement).length > 0 ? placement : undefined;
}

/** In words, for who looks at a guest. */
export function placementWords({
  hosts,
  hostLabels,
  affinity,
  antiAffinity,
  tolerations,
  policy,
}: Placement): string {
  const companies = (all: readonly Company[]) =>
    all
      .map((one) => `${"guest" in one ? one.guest : one.label}${one.required ? " (required)" : ""}`)
      .join(", ");
  return [
    ...(hosts ? [`only on ${hosts.join(" or ")}`] : []),
    ...(hostLabels ? [`only on hosts with ${hostLabels.join(", ")}`] : []),
    ...(affinity ? [`near ${companies(affinity)}`] : []),
    ...(antiAffinity ? [`apart from ${companies(antiAffinity)}`] : []),
    ...(tolerations ? [`tolerates ${tolerations.join(", ")}`] : []),
    ...(policy ? [policy] : []),
  ].join("; ");
}

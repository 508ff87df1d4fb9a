/** What a project has, and whether it may have more. Pure. */
import { LodgeError } from "#contract/errors";
import { resources, type Amounts, type Holder, type Quota, type Resource } from "#contract/schema/quota";

export const nothing: Amounts = {
  guests: 0,
  cpus: 0,
  memory: 0,
  disk: 0,
  snapshots: 0,
  templates: 0,
  ports: 0,
};

export const sumOf = (holders: readonly Holder[]): Amounts =>
  holders.reduce(
    (sum, { amounts }) =>
      Object.fromEntries(resources.map((what) => [what, sum[what] + amounts[what]])) as Amounts,
    nothing,
  );

const inBytes = (what: Resource): boolean => what === "memory" || what === "disk";

export function words(what: Resource, amount: number): string {
  if (!inBytes(what)) return String(amount);
  const mebibytes = amount / 2 ** 20;
  return mebibytes >= 10_240 ? `${(mebibytes / 1024).toFixed(1)} GiB` : `${Math.ceil(mebibytes)} MiB`;
}

const names: Readonly<Record<Resource, string>> = {
  guests: "guests",
  cpus: "virtual processors",
  memory: "memory",
  disk: "disk space",
  snapshots: "snapshots",
  templates: "templates",
  ports: "published ports",
};

function namesOf(holders: readonly Holder[], what: Resource): string {
  const some = holders.filter(({ amounts }) => amounts[what] > 0);
  const sorted = some.toSorted((a, b) => b.amounts[what] - a.amounts[what]);
  // Each guest is one guest: that needs no figure.
  const shown = sorted
    .slice(0, 5)
    .map(({ name, amounts }) => (what === "guests" ? name : `${name} ${words(what, amounts[what])}`));
  return [...shown, ...(sorted.length > 5 ? [`${sorted.length - 5} more`] : [])].join(", ") || "nobody";
}

/** `holders`: those of the project. @throws LodgeError project.quota, with who has it */
export function requireQuota(
  project: { readonly name: string; readonly quota?: Quota | undefined },
  asked: Partial<Amounts>,
  holders: readonly Holder[],
): void {
  const used = sumOf(holders);
  for (const what of resources) {
    const limit = project.quota?.[what];
    const more = asked[what] ?? 0;
    if (limit === undefined || more <= 0 || used[what] + more <= limit) continue;
    throw new LodgeError("project.quota", {
      project: project.name,
      resource: names[what],
      limit: words(what, limit),
      used: words(what, used[what]),
      needed: words(what, more),
      holders: namesOf(holders, what),
    });
  }
}

/**
 * A guest's wish for company, asked once more by the host that makes it, one guest after another: two that have to be
 * apart may have been sent here at the same moment.
 */
import { LodgeError } from "#contract/errors";
import type { Store } from "#durable/store/store";
import { Board } from "#domain/host/placement/board";
import { refusedByHost, type FilterName } from "#domain/host/placement/filters";
import type { HostOffer } from "#domain/host/placement/offer";
import { listGuests, type GuestRecord } from "#domain/guest/record";
import { memberKey, type MemberRecord } from "#domain/member/record";
import { toResident } from "./resident.ts";

export interface CompanyParts {
  /** This host's. */
  readonly store: Store;
  /** This host in its cluster; undefined: it stands alone. */
  readonly member: { readonly host: string; readonly name: string } | undefined;
}

const company: ReadonlySet<FilterName> = new Set(["affinity", "antiAffinity"]);

/** Nothing of it is looked at here. */
const bare = (host: string, name: string): HostOffer => ({
  host,
  name,
  state: "in",
  architecture: "",
  accelerator: "tcg",
  machineTypes: [],
  cpuModels: [],
  cpuFeatures: [],
  features: [],
  lacksNetworks: [],
  pools: [],
  images: [],
  templates: [],
  labels: {},
  taints: [],
  limit: { memory: 0, cpus: 0, disk: 0 },
  held: { memory: 0, cpus: 0, disk: 0 },
  available: 0,
});

/** @throws LodgeError placement.not_here */
export async function requireCompany({ store, member }: CompanyParts, record: GuestRecord): Promise<void> {
  // On a host that stands alone it matters only to who asks for it.
  if (!member && !record.placement) return;
  const { host, name } = member ?? { host: "", name: "This host" };
  const refuse = (reason: string, fix: string) =>
    new LodgeError("placement.not_here", { host: name, guest: `'${record.name}'`, reason, fix });
  const known = member && ((await store.get(memberKey(host)))?.value as MemberRecord | undefined);
  if (known && known.state !== "active")
    throw refuse("is being drained", "Choose another host, or let this one go on.");
  // Who wishes for nothing minds only those who do: most do not.
  const others = (await listGuests(store)).filter(
    ({ id, placement }) => id !== record.id && (record.placement !== undefined || placement !== undefined),
  );
  const board = Board.of(
    [bare(host, name)],
    others.map((one) => toResident(one, host)),
  );
  const reasons = refusedByHost(board.standing(host)!, toResident(record, host), { now: 0 });
  for (const { filter, reason, fix } of reasons) if (company.has(filter)) throw refuse(reason, fix);
}

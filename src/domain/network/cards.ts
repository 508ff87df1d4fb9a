/** What of a network a guest's card is in, and how its tap is made. Pure. */
import { taggedPart, type NetworkPlan } from "#hypervisor/net/plan";
import type { TapOptions } from "#hypervisor/net/tap";
import { isWired, type Member, type RecordedNic } from "./member.ts";
import { networkId } from "./record.ts";

/** What of a network a card is in. */
export const partOf = (plan: NetworkPlan, { vlan }: Pick<RecordedNic, "vlan">): NetworkPlan =>
  vlan === undefined ? plan : taggedPart(plan, vlan);

/** Each part with a tag of its own. */
export const partsOf = (plan: NetworkPlan, cards: readonly { readonly nic: RecordedNic }[]): NetworkPlan[] =>
  [...new Set(cards.flatMap(({ nic }) => nic.vlan ?? []))].map((vlan) => taggedPart(plan, vlan));

/** Cards in a network, with their guests. */
export const onNetwork = (
  members: readonly Member[],
  id: string,
): { readonly id: string; readonly name: string; readonly nic: RecordedNic }[] =>
  members.flatMap((member) =>
    member.nics
      .filter((nic) => networkId(member.project, nic.network) === id && isWired(nic))
      .map((nic) => ({ id: member.id, name: member.name, nic })),
  );

/** Of a tap; the MAC of a card that sends from no other is told to the bridge. */
export const tapOptions = (plan: NetworkPlan, { mac, pin, mtu = plan.mtu }: RecordedNic): TapOptions => ({
  mtu,
  ...(pin === "off" ? {} : { guestMac: mac }),
});

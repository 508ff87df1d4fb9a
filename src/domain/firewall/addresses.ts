/** A guest's addresses: what its networks give it, and what it was heard with (pure). */
import type { GuestAddress } from "#contract/schema/firewall";
import type { Nic } from "#contract/schema/network";
import type { HeardAddress } from "#hypervisor/net/guard/heard";

export function shownAddresses(
  nics: readonly Nic[],
  tapOf: (nic: string) => string,
  heard: readonly HeardAddress[],
): GuestAddress[] {
  return nics.flatMap(({ id: nic, address, address6 }) => {
    const given = [address, address6].filter((one) => one !== undefined);
    const said = heard.filter(({ tap }) => tap === tapOf(nic));
    const others = said.map((one) => one.address).filter((one) => !given.includes(one));
    return [...given, ...others].map((one) => {
      const ago = said.find((it) => it.address === one)?.ago;
      return { nic, address: one, given: given.includes(one), ...(ago === undefined ? {} : { heard: ago }) };
    });
  });
}

/** A guest and its network cards, as far as networks care. */
import type { Publish } from "#contract/schema/guest";
import type { GuestLimits } from "#contract/schema/limits";
import type { Nic } from "#contract/schema/network";

export interface RecordedNic extends Nic {
  /** It has a tap on the host; a card of before there was this field, where it has an address. */
  readonly wired?: boolean;
  /** The PCI port that it is plugged into; without one it is a part of the machine, and stays while that runs. */
  readonly port?: number;
  /** The MAC of the card that it is the twin of: by it a branch finds the card that becomes this one. */
  readonly was?: string;
}

/** As users see it. */
export const toNic = ({ wired: _, port: _port, was: _was, ...nic }: RecordedNic): Nic => nic;

export const isWired = ({ wired, address }: Pick<RecordedNic, "wired" | "address">): boolean =>
  wired ?? address !== undefined;

/** A guest, as far as networks care. */
export interface Member {
  readonly id: string;
  readonly name: string;
  readonly project: string;
  readonly nics: readonly RecordedNic[];
  readonly publish: readonly Publish[];
  readonly limits?: GuestLimits | undefined;
  readonly labels?: Readonly<Record<string, string>>;
  /** Firewall groups that hold for it. */
  readonly firewalls?: readonly string[];
  /** Set while it runs. */
  readonly process?: unknown;
}

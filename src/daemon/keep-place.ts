/** What a member keeps right about itself, and of who has a vote, as long as its daemon runs. */
import type { Log } from "#base/log";
import type { EtcdStore } from "#durable/store/etcd";
import type { EtcdAccess } from "#hypervisor/etcd/access";
import type { ClusterFile } from "#domain/cluster/cluster-file";
import type { HostIdentity } from "#domain/cluster/host-identity";
import { KeepMembership } from "#domain/cluster/keep-membership";
import type { TakeInParts } from "#domain/cluster/take-in";
import type { OwnCluster } from "#domain/cluster/view";
import { Voters } from "#domain/cluster/voters";
import type { Members } from "#domain/member/members";

export interface KeepPlaceParts extends TakeInParts {
  readonly all: EtcdStore;
  readonly file: ClusterFile;
  readonly members: Members;
  readonly identity: HostIdentity;
  readonly log: Log;
  readonly guestsOn?: OwnCluster["guestsOn"];
}

export interface Place {
  readonly own: OwnCluster;
  /** From when on other hosts reach this one. */
  open(): void;
  close(): Promise<void>;
}

export function keepPlace(parts: KeepPlaceParts): Place {
  const { all, file, members, identity } = parts;
  const keep = new KeepMembership(parts);
  const access = (): EtcdAccess => {
    const { endpoints, external } = keep.file.etcd;
    return { endpoints, ...(external ? {} : { tls: identity.current() }) };
  };
  const voters = new Voters({ ...parts, host: file.host, access });
  return {
    own: { all, members, file: () => keep.file, access, quorum: all.quorum, guestsOn: parts.guestsOn },
    open() {
      keep.open();
      voters.open();
    },
    async close() {
      await Promise.all([keep.close(), voters.close()]);
    },
  };
}

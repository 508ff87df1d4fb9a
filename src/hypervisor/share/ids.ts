/**
 * Whose a guest's files in a shared folder are on the host. Pure.
 *
 *   in the guest      on the host
 *   root              the folder's owner; where that is root, the guest's own user, who is nobody
 *   1 to 65533        0x7fff0001 to 0x7fff_fffd: numbers that the host has nobody for
 *   anybody else      cannot be given files
 *
 * Of the host's other users' files the guest sees that they are nobody's, and may do with them what everybody may.
 */
import type { IdMaps, IdRange } from "../cell/user-namespace.ts";

/** Above all that systemd's table of users (UIDS-GIDS.md) has somebody for, and below what programs take for negative. */
const firstOther = 0x7fff_0000;
const others: IdRange = { inside: 1, outside: firstOther + 1, count: 65_533 };

/** The others but him who has this number, in two parts. */
function othersThan(id: number): IdRange[] {
  const at = id - others.outside;
  if (at < 0 || at >= others.count) return [others];
  const [before, after] = [at, others.count - at - 1];
  return [
    { ...others, count: before },
    { inside: others.inside + at + 1, outside: id + 1, count: after },
  ].filter(({ count }) => count > 0);
}

/** `user`: the guest's own on the host. No number of the host's is given twice, also where the owner has one of those. */
export function idMaps(owner: { readonly uid: number; readonly gid: number }, user: number): IdMaps {
  const map = (id: number): IdRange[] => {
    const root = { inside: 0, outside: id === 0 ? user : id, count: 1 };
    return [root, ...othersThan(root.outside)];
  };
  return { users: map(owner.uid), groups: map(owner.gid) };
}

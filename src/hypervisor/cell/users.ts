/** The users that a Lodge's cells have: a range of numbers of its own. Pure. */

/** Of users: the first, and how many. */
export interface Users {
  readonly first: number;
  readonly count: number;
}

/** From here on systemd's table of users (UIDS-GIDS.md) has nobody's; near its end some are foreign images' again. */
const firstOfAll = 0x7000_0000;
const count = 0x1_0000;
const ranges = 4094;

/** Those of the Lodge with this tag; two on one host have different ones, as far as chance goes. */
export const usersOf = (tag: string): Users => ({
  first: firstOfAll + (Number.parseInt(tag, 36) % ranges) * count,
  count,
});

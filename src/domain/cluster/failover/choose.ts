/** Chooses who is to have a guest whose host is lost: by placement, among those that have what its disks stand on. */
import { LodgeError } from "#contract/errors";
import type { Board } from "../../host/placement/board.ts";
import { moving, targetOf, Trial } from "../../host/placement/moves.ts";
import { explain, type PlacementAsking } from "../../host/placement/place.ts";
import { imagesBelow, poolsBelow, type Belongings } from "./belongings.ts";
import type { LostHost } from "./take-over.ts";

/** The id of the host. @throws LodgeError failover.no_host */
export function chooseHost(
  board: Board,
  lost: LostHost,
  belongings: Pick<Belongings, "guest" | "layers">,
  asking: PlacementAsking,
): string {
  const { id, name } = belongings.guest;
  const no = (reason: string) => new LodgeError("failover.no_host", { guest: name, reason });
  const resident = [...board.on(lost.id)].find((one) => one.id === id);
  if (!resident) throw no("it is not known yet what it needs");
  const images = imagesBelow(belongings);
  const refused = new Map(asking.refused);
  refused.set(lost.id, "is lost");
  const pools = poolsBelow(belongings);
  for (const { offer } of board.standings()) {
    const lacking = pools.find((pool) => !offer.pools.some((one) => one.name === pool && one.shared));
    if (lacking !== undefined) refused.set(offer.host, `has not the pool ${lacking}`);
    if (!images.every((image) => offer.images.includes(image)))
      refused.set(offer.host, "has not the image that its disk stands on");
  }
  const trial = new Trial(board);
  trial.lift(resident);
  try {
    const best = targetOf(board, resident, { ...asking, refused });
    if (best) return best.host;
    const others = explain(board, moving(resident), { ...asking, refused }).refusals;
    const words = others
      .filter(({ host }) => host !== lost.id)
      .map(({ name: other, reasons }) => `${other} ${reasons[0]!.reason}`);
    throw no(words.join("; ") || "there is no other host");
  } finally {
    trial.back();
  }
}

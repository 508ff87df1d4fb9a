/** The hosts of a cluster that images are fetched from. */
import type { Peers } from "#client/peers";
import type { Whereabouts } from "#durable/store/whereabouts";
import type { ImageHosts } from "#domain/image/copy/fetch";
import type { ImageManifest } from "#domain/image/copy/manifest";
import { imageKey } from "#domain/image/record";
import type { Members } from "#domain/member/members";

/** This host, and how it reaches the others. */
export interface Reaching {
  readonly id: string;
  readonly peers: Pick<Peers, "call">;
  readonly members: Pick<Members, "beat">;
}

/** Milliseconds that a host may take to read all of an image, and to remove one. */
const longPatience = 600_000;

export function imageHosts(
  { id: self, peers, members }: Reaching,
  whereabouts: Pick<Whereabouts, "hostsOf">,
): ImageHosts {
  const others = (image: string) => whereabouts.hostsOf(imageKey(image)).filter((host) => host !== self);
  return {
    hostOf(image) {
      const having = others(image);
      return having.find((host) => members.beat(host) !== undefined) ?? having[0];
    },
    manifest: async (host, id, signal) =>
      (await peers.call(
        host,
        "peerImageManifest",
        { params: { id } },
        { signal, patience: longPatience },
      )) as ImageManifest,
    async read(host, id, query, signal) {
      return Buffer.from(await peers.call(host, "peerImagePiece", { params: { id }, query }, { signal }));
    },
    async updateCopies(id, body) {
      for (const host of others(id)) await peers.call(host, "peerImageUpdate", { params: { id }, body });
    },
    async dropCopies(id) {
      for (const host of others(id))
        await peers.call(host, "peerImageDrop", { params: { id } }, { patience: longPatience });
    },
  };
}

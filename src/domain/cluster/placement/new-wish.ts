/** What a guest that is asked for needs of a host, before there is anything of it. */
import type { Schemas } from "#contract/schemas";
import { defaultPool } from "#contract/schema/pool";
import type { ReadStore } from "#durable/store/store";
import { templateKey } from "#domain/host/placement/offer";
import type { Wish } from "#domain/host/placement/wish";
import { defaults, firmwareOf } from "#domain/guest/compose";
import { findImage, type ImageRecord } from "#domain/image/record";
import { defaultNetwork, networkByName, networkId } from "#domain/network/record";
import { obstacle } from "#domain/template/run";
import { atOnce, featuresOf } from "./resident.ts";

type Body = Schemas["GuestCreate"];

const networksOf = ({ network }: Body): string[] =>
  (network ?? [defaultNetwork]).map((one) => (typeof one === "string" ? one : one.network));

const poolsOf = ({ disks = [] }: Body): string[] => disks.flatMap(({ pool }) => pool ?? []);

/** Bytes that its disks may grow to. */
function diskOf({ disks }: Body, image: ImageRecord | undefined): number {
  const [first, ...others] = disks ?? [{}];
  const least = first?.size ?? image?.size ?? defaults.disk;
  return others.reduce((sum, { size = defaults.disk }) => sum + size, least);
}

/** Does it name something that is on this host alone: a file of an ISO, a folder? */
export const isBoundHere = ({ iso, shares = [] }: Body): boolean =>
  iso?.startsWith("/") === true || shares.length > 0;

/** `store`: what there is on any host. @throws LodgeError image.not_found, network.not_found, api.invalid */
export async function newWish(store: ReadStore, body: Body, project: string): Promise<Wish> {
  const image = body.image === undefined ? undefined : (await findImage(store, body.image, project)).image;
  const memory = body.memory ?? image?.memory ?? defaults.memory;
  const cpus = body.cpus ?? image?.cpus ?? defaults.cpus;
  const networks = networksOf(body);
  for (const network of networks) await networkByName(store, network, project);
  const disk = diskOf(body, image);
  const starts = body.start !== false;
  const forks = image !== undefined && obstacle(body, image) === undefined;
  return {
    name: body.name ?? `a guest of ${image?.name ?? "an ISO"}`,
    project,
    labels: body.labels ?? {},
    needs: starts ? { memory, cpus, disk } : { memory: 0, cpus: 0, disk },
    atOnce: atOnce(memory, "kvm"),
    features: featuresOf({ ...body, firmware: firmwareOf(body, image) }),
    networks: [...new Set(networks.map((network) => networkId(project, network)))],
    pools: [...new Set([defaultPool, ...poolsOf(body)])].map((name) => ({ name, bytes: 0 })),
    ...(image ? { image: image.id } : {}),
    ...(forks ? { template: templateKey({ project, image: image.id, cpus, memory }) } : {}),
    placement: body.placement ?? {},
  };
}

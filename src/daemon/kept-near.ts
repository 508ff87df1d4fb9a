/** What a host of a cluster holds near of the records, to be listed without the store's being read anew: what is listed often. */
import { placeOf } from "#durable/store/partition";
import { offerPrefix } from "#domain/cluster/placement/boards";
import { firewallPrefix } from "#domain/firewall/record";
import { guestPrefix } from "#domain/guest/record";
import { snapshotPrefix } from "#domain/guest/snapshot/record";
import { imagePrefix } from "#domain/image/record";
import { memberPrefix } from "#domain/member/record";
import { addressesPrefix, networkPrefix } from "#domain/network/record";
import { projectPrefix } from "#domain/project/record";
import { templatePrefix, templateUsePrefix } from "#domain/template/record";
import { uploadPrefix } from "#domain/upload/record";
import { layerPrefix } from "#domain/volume/layer";
import { poolPrefix } from "#domain/volume/pool";
import { volumePrefix } from "#domain/volume/record";

/** Shared, or asked for of all hosts. */
const ofAll = [
  guestPrefix,
  imagePrefix,
  templatePrefix,
  volumePrefix,
  uploadPrefix,
  networkPrefix,
  addressesPrefix,
  firewallPrefix,
  projectPrefix,
  memberPrefix,
  offerPrefix,
];

/** Nobody asks for other hosts'. */
const ofOne = [layerPrefix, snapshotPrefix, templateUsePrefix, poolPrefix];

export const keptNear = (host: string): string[] => [
  ...ofAll,
  ...ofOne.map((prefix) => placeOf(host, prefix)),
];

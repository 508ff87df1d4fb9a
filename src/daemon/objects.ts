/** Where everything that belongs to projects is found, whatever noun it is of; and what a project holds. */
import type { Owner } from "#contract/access";
import { hasCode, type ErrorCode } from "#contract/errors";
import type { OwnedNoun } from "#contract/route";
import {
  operationKey,
  operationOwner,
  operationPrefix,
  type OperationRecord,
} from "#durable/operation/record";
import type { ReadStore } from "#durable/store/store";
import { find } from "#durable/store/update";
import type { Whereabouts } from "#durable/store/whereabouts";
import { findRecording, listRecordings, recordingPrefix } from "#domain/console/recording/record";
import { desktopPoolPrefix, desktopPrefix, findDesktop, findPool, listPools } from "#domain/desktop/record";
import { firewallByName, firewallPrefix, listFirewalls } from "#domain/firewall/record";
import { findGuest, guestKey, guestPrefix, listGuests } from "#domain/guest/record";
import { findAny } from "#domain/guest/volume/found";
import { listVolumes, volumePrefix } from "#domain/volume/record";
import {
  allImages,
  idPattern,
  imageById,
  imageNamed,
  imagePrefix,
  imageProject,
  isShared,
  isSuperseded,
} from "#domain/image/record";
import { idOf, networkById, networkByName, networkOwner, networkPrefix } from "#domain/network/record";
import { findProject, projectPrefix } from "#domain/project/record";
import { findTemplate, listTemplates, templatePrefix } from "#domain/template/record";
import { allUploads, uploadKey, uploadPrefix, uploadProject, type UploadRecord } from "#domain/upload/record";
import type { Views } from "#domain/view/views";
import type { ObjectService } from "#server/services";

interface Found {
  readonly id: string;
  readonly owner: Owner;
  /** Id of the account that it is for, where it is somebody's. */
  readonly user?: string;
  /** Of what is shared by all hosts: what it is where, by its key. */
  readonly at?: string;
}

type Finder = (store: ReadStore, ref: string, project: string) => Promise<Found | undefined>;

/** What a finder throws of something that is not there. */
async function unless<T>(code: ErrorCode, finding: Promise<T>): Promise<T | undefined> {
  try {
    return await finding;
  } catch (error) {
    if (hasCode(error, code)) return undefined;
    throw error;
  }
}

const finders: Readonly<Record<OwnedNoun, Finder>> = {
  async guest(store, ref, project) {
    const found = await unless("guest.not_found", findGuest(store, ref, project));
    return found && { id: found.id, owner: { project: found.project } };
  },
  async image(store, ref, project) {
    const named = await imageNamed(store, project, ref);
    const found =
      named ?? (idPattern.test(ref) ? await unless("image.not_found", imageById(store, ref)) : undefined);
    if (!found) return undefined;
    const { image } = found;
    return { id: image.id, owner: { project: imageProject(image), shared: isShared(image) } };
  },
  async template(store, ref, project) {
    const found = await findTemplate(store, ref, project);
    return found && { id: found.id, owner: { project: found.project } };
  },
  async operation(store, ref) {
    const record = (await find(store, operationKey(ref)))?.value as OperationRecord | undefined;
    return record && { id: record.id, owner: operationOwner(record) };
  },
  async upload(store, ref) {
    const record = (await find(store, uploadKey(ref)))?.value as UploadRecord | undefined;
    return record && { id: record.id, owner: { project: uploadProject(record) } };
  },
  async recording(store, ref) {
    const found = await unless("recording.not_found", findRecording(store, ref));
    return found && { id: found.id, owner: { project: found.project } };
  },
  async firewall(store, ref, project) {
    const named = await unless("firewall.not_found", firewallByName(store, project, ref));
    const found = named ?? (await listFirewalls(store)).find(({ id }) => id === ref);
    return found && { id: found.id, owner: { project: found.project } };
  },
  async network(store, ref, project) {
    // By its name in the project, or by the id that the API shows.
    const found =
      (await unless("network.not_found", networkByName(store, ref, project))) ??
      (await unless("network.not_found", networkById(store, ref)));
    return found && { id: idOf(found), owner: networkOwner(found) };
  },
  async volume(store, ref, project) {
    const found = await unless("volume.not_found", findAny(store, ref, project));
    return found && { id: found.id, owner: { project: found.project } };
  },
  async desktopPool(store, ref, project) {
    const found = await findPool(store, ref, project);
    return found && { id: found.id, owner: { project: found.project } };
  },
  async desktop(store, ref) {
    const found = await findDesktop(store, ref);
    if (!found) return undefined;
    const { id, project, user, guest } = found;
    return { id, owner: { project }, user, ...(guest === undefined ? {} : { at: guestKey(guest) }) };
  },
  async project(store, ref) {
    const found = await unless("project.not_found", findProject(store, ref));
    return found && { id: found.project.name, owner: { project: found.project.name } };
  },
};

/**
 * `store`: this host's. What is not there may be on another host, or just have come there: then all are asked, once
 * what was written before is known.
 */
export function objectService(store: ReadStore, elsewhere?: Elsewhere): ObjectService {
  return {
    async find(noun, ref, project) {
      if (!elsewhere) return finders[noun](store, ref, project);
      try {
        const here = await finders[noun](store, ref, project);
        if (here?.at !== undefined) return { ...here, ...hostOf(elsewhere, here.at) };
        if (here) return here;
        await elsewhere.caughtUp();
        const there = await finders[noun](elsewhere.whole, ref, project);
        return there && { ...there, ...hostOf(elsewhere, placeOf(noun, there.id)) };
      } catch (error) {
        if (!hasCode(error, "store.unavailable")) throw error;
        const known = elsewhere.remembered(noun, ref, project);
        if (!known) throw error;
        return { ...known, ...hostOf(elsewhere, placeOf(noun, known.id)) };
      }
    },
  };
}

/** The other hosts of a cluster. */
export interface Elsewhere {
  readonly whole: ReadStore;
  readonly whereabouts: Pick<Whereabouts, "hostsOf">;
  /** This host's id. */
  readonly self: string;
  /** Resolves when it is known where everything is that was written before. */
  readonly caughtUp: () => Promise<unknown>;
  /** What this host remembers, where the store cannot be asked. */
  readonly remembered: (noun: OwnedNoun, ref: string, project: string) => Found | undefined;
}

const prefixes: Readonly<Record<OwnedNoun, string>> = {
  guest: guestPrefix,
  image: imagePrefix,
  template: templatePrefix,
  operation: operationPrefix,
  upload: uploadPrefix,
  recording: recordingPrefix,
  firewall: firewallPrefix,
  network: networkPrefix,
  volume: volumePrefix,
  project: projectPrefix,
  desktopPool: desktopPoolPrefix,
  desktop: desktopPrefix,
};

/** From what the views have of guests and projects. */
export function rememberedIn({ guests }: Pick<Views, "guests">): Elsewhere["remembered"] {
  return (noun, ref, project) => {
    if (noun === "project") return { id: ref, owner: { project: ref } };
    if (noun !== "guest") return undefined;
    for (const guest of guests.values())
      if (guest.id === ref || (guest.name === ref && guest.project === project))
        return { id: guest.id, owner: { project: guest.project } };
    return undefined;
  };
}

function placeOf(noun: OwnedNoun, id: string): string {
  // A guest's own disk is where the guest is.
  const [guest = id, disk] = id.split(":");
  return disk === undefined ? prefixes[noun] + id : guestPrefix + guest;
}

function hostOf({ whereabouts, self }: Elsewhere, key: string): { readonly host?: string } {
  const [host] = whereabouts.hostsOf(key);
  return host === undefined || host === self ? {} : { host };
}

/** What keeps a project from being removed, in words. */
export async function heldBy(store: ReadStore, project: string): Promise<string[]> {
  const [guests, images, templates, uploads, recordings, firewalls, volumes, desktops] = await Promise.all([
    listGuests(store),
    allImages(store),
    listTemplates(store),
    allUploads(store),
    listRecordings(store),
    listFirewalls(store),
    listVolumes(store),
    listPools(store),
  ]);
  return [
    ...guests.filter((guest) => guest.project === project).map(({ name }) => `guest ${name}`),
    ...images
      .filter((image) => imageProject(image) === project && !isSuperseded(image))
      .map(({ name }) => `image ${name}`),
    ...templates.filter((template) => template.project === project).map(({ id }) => `template ${id}`),
    ...uploads.filter((upload) => uploadProject(upload) === project).map(({ file }) => `upload of ${file}`),
    ...volumes.filter((volume) => volume.project === project).map(({ name }) => `volume ${name}`),
    ...desktops.filter((pool) => pool.project === project).map(({ name }) => `desktop pool ${name}`),
    ...recordings.filter((recording) => recording.project === project).map(({ id }) => `recording ${id}`),
    ...firewalls.filter((group) => group.project === project).map(({ name }) => `firewall group ${name}`),
  ];
}

/** The host's devices, and whose they are: each is one guest's at most, and changes hands while that is stopped. */
import { hasCode, LodgeError } from "#contract/errors";
import { mostDevices, type HostDevice } from "#contract/schema/device";
import type { Guest } from "#contract/schema/guest";
import { SerialQueue } from "#base/queue";
import type { Store } from "#durable/store/store";
import type { Fleet } from "../fleet.ts";
import { guestKey, listGuests, toGuest, type GuestRecord } from "../record.ts";
import { requireAction } from "../state.ts";
import { lookAtHardware, requireFree, shown, type Hardware } from "./hardware.ts";

export class Devices {
  readonly #fleet: Fleet;
  readonly #look: () => Hardware;
  /** One after another: two guests never get one device. */
  readonly #changes = new SerialQueue();

  constructor(fleet: Fleet, look: () => Hardware = lookAtHardware) {
    this.#fleet = fleet;
    this.#look = look;
  }

  get #store(): Store {
    return this.#fleet.parts.store;
  }

  async list(): Promise<HostDevice[]> {
    return shown(this.#look(), await listGuests(this.#store));
  }

  attach(guest: string, device: string): Promise<Guest> {
    return this.#changes.run(async () => {
      const guests = await listGuests(this.#store);
      const changed = await this.#change(guest, "add-device", ({ id, name, devices = [] }) => {
        if (devices.includes(device)) return devices;
        requireFree(device, this.#look(), guests, id);
        const kind = device.slice(0, 4);
        if (devices.filter((one) => one.startsWith(kind)).length >= mostDevices)
          throw new LodgeError("device.too_many", { guest: name, limit: mostDevices });
        return [...devices, device];
      });
      const message = `${changed.name} has the host's device ${device}`;
      this.#fleet.parts.events.append({ kind: "device.attached", guest: changed, message });
      return toGuest(changed);
    });
  }

  detach(guest: string, device: string): Promise<Guest> {
    return this.#changes.run(async () => {
      const changed = await this.#change(guest, "remove-device", ({ name, devices = [] }) => {
        if (!devices.includes(device))
          throw new LodgeError("device.not_found", { device, where: `in guest '${name}'` });
        return devices.filter((one) => one !== device);
      });
      const message = `${changed.name} has the host's device ${device} no more`;
      this.#fleet.parts.events.append({ kind: "device.detached", guest: changed, message });
      return toGuest(changed);
    });
  }

  async #change(
    id: string,
    action: "add-device" | "remove-device",
    next: (record: GuestRecord) => readonly string[],
  ): Promise<GuestRecord> {
    for (;;) {
      const item = await this.#store.get(guestKey(id));
      if (!item) throw new LodgeError("guest.not_found", { guest: id });
      const record = item.value as GuestRecord;
      requireAction(record, action);
      const devices = next(record);
      const { devices: _, ...rest } = record;
      const changed: GuestRecord = devices.length === 0 ? rest : { ...rest, devices: [...devices] };
      try {
        await this.#store.transact({
          compare: [{ key: item.key, revision: item.revision }],
          put: [{ key: item.key, value: changed }],
        });
        return changed;
      } catch (error) {
        // It was started meanwhile, or changed otherwise.
        if (!hasCode(error, "store.conflict")) throw error;
      }
    }
  }
}

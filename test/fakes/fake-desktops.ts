/** Nobody has made a desktop pool yet, and so nobody has a desktop. */
import { LodgeError } from "#contract/errors";
import type { DesktopService } from "#server/services";

const noPool = (pool: string): never => {
  throw new LodgeError("desktop_pool.not_found", { pool });
};

const noDesktop = (desktop: string): never => {
  throw new LodgeError("desktop.not_found", { desktop });
};

const noHome = (path: string): never => {
  throw new LodgeError("guest.disk_missing", { path, guest: path });
};

export class FakeDesktops implements DesktopService {
  readonly pools: DesktopService["pools"] = {
    list: async () => [],
    get: async (id) => noPool(id),
    create: async ({ image = "" }) => {
      throw new LodgeError("image.not_found", { image });
    },
    update: async (id) => noPool(id),
    remove: async (id) => noPool(id),
  };
  readonly mine: DesktopService["mine"] = {
    list: async () => [],
    connect: async (offer) => noPool(offer),
    ticket: async (id) => noDesktop(id),
    obstacle: async () => undefined,
    signOff: async (offer) => noPool(offer),
    restart: async (offer) => noPool(offer),
    reset: async (offer) => noPool(offer),
  };
  readonly list: DesktopService["list"] = async () => [];
  readonly reports: DesktopService["reports"] = () => [];
  readonly get: DesktopService["get"] = async (id) => noDesktop(id);
  readonly end: DesktopService["end"] = async (id) => noDesktop(id);
  readonly reset: DesktopService["reset"] = async (id) => noDesktop(id);
  readonly message: DesktopService["message"] = async (id) => noDesktop(id);
  readonly shadow: DesktopService["shadow"] = async (id) => noDesktop(id);
  readonly admit: DesktopService["admit"] = async () => false;
  readonly files: DesktopService["files"] = async (id) => noDesktop(id);
  readonly file: DesktopService["file"] = async (id) => noDesktop(id);
  readonly homes: DesktopService["homes"] = {
    file: async (layer) => noHome(layer),
    piece: async (layer) => noHome(layer),
    tidy: async () => undefined,
  };
  readonly openLine: DesktopService["openLine"] = async (id) => noDesktop(id);
}

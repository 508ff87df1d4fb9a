import type { CallName } from "#contract/call";
import type { Handlers } from "./handler.ts";
import type { VolumeService } from "./services.ts";

type VolumeRoute = Extract<CallName, `volume${string}`>;

export const volumeHandlers = (volumes: VolumeService): Handlers<VolumeRoute> => ({
  volumeList: ({ sight }) => volumes.list(sight),
  volumeCreate: ({ body, project }) => volumes.create(body, project),
  volumeGet: ({ params }) => volumes.get(params.volume),
  volumeResize: ({ params, body }) => volumes.resize(params.volume, body),
  volumeClone: ({ params, body }) => volumes.clone(params.volume, body),
  volumeMove: ({ params, body }) => volumes.move(params.volume, body),
  volumeAttach: ({ params, body }) => volumes.attach(params.volume, body),
  volumeDetach: ({ params, body }) => volumes.detach(params.volume, body),
  volumeDelete: ({ params }) => volumes.remove(params.volume),
});

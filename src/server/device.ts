import type { CallName } from "#contract/call";
import type { Handlers } from "./handler.ts";
import type { DeviceService } from "./services.ts";

type DeviceRoute = Extract<CallName, `device${string}`>;

export const deviceHandlers = (devices: DeviceService): Handlers<DeviceRoute> => ({
  deviceList: () => devices.list(),
  deviceAttach: ({ params, body }) => devices.attach(params.guest, body.device),
  deviceDetach: ({ params }) => devices.detach(params.guest, params.device),
});

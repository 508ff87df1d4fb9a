/** Halts a guest's processors and lets them go on; its memory stays as it is. */
import { defineOperation } from "#durable/operation/define";
import { diskFault, goOn } from "./disk-fault.ts";
import type { Fleet } from "./fleet.ts";
import { guestById } from "./record.ts";
import { requireAction } from "./state.ts";

export interface PauseInput {
  readonly guest: string;
}

export function definePause({ fleet }: { readonly fleet: Fleet }) {
  return defineOperation<PauseInput>({
    kind: "guest.pause",
    steps: [
      {
        name: "pause",
        async do({ input }) {
          requireAction(await guestById(fleet.parts.store, input.guest), "pause");
          fleet.require(input.guest);
          await halt(fleet, input.guest);
        },
        undo: ({ input }) => go(fleet, input.guest),
      },
    ],
  });
}

export function defineResume({ fleet }: { readonly fleet: Fleet }) {
  return defineOperation<PauseInput>({
    kind: "guest.resume",
    steps: [
      {
        name: "resume",
        async do({ input }) {
          requireAction(await guestById(fleet.parts.store, input.guest), "resume");
          fleet.require(input.guest);
          await go(fleet, input.guest);
        },
        undo: ({ input }) => halt(fleet, input.guest),
      },
    ],
  });
}

async function halt(fleet: Fleet, id: string): Promise<void> {
  const live = fleet.get(id);
  if (!live) return;
  await live.monitor.execute("stop");
  await fleet.become(id, "paused");
}

async function go(fleet: Fleet, id: string): Promise<void> {
  const live = fleet.get(id);
  if (!live) return;
  const { name } = await guestById(fleet.parts.store, id);
  await goOn(live, name);
  await fleet.become(id, "running");
  // It may stand still again at once; if it does later, its record says so.
  const fault = live.stuck && (await diskFault(live.monitor, name));
  if (fault) throw fault;
}

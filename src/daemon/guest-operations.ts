/** The operations on guests, each with what it needs. */
import type { Clock } from "#base/clock";
import type { OperationEngine } from "#durable/operation/engine";
import type { SealKey } from "#durable/store/seal";
import { defineBranch } from "#domain/guest/branch";
import { defineDiskAdd } from "#domain/guest/disk-add";
import { defineDiskRemove } from "#domain/guest/disk-remove";
import { defineDiskResize } from "#domain/guest/disk-resize";
import type { Fleet } from "#domain/guest/fleet";
import type { GuestOperations } from "#domain/guest/guests";
import { defineNicAdd } from "#domain/guest/nic-add";
import { defineNicRemove } from "#domain/guest/nic-remove";
import { definePause, defineResume } from "#domain/guest/pause";
import { guestTarget, type GuestRecord } from "#domain/guest/record";
import { defineRemove } from "#domain/guest/remove";
import { aside } from "#domain/guest/replica/stand-aside";
import { defineRestart } from "#domain/guest/restart";
import { defineShorten } from "#domain/guest/shorten";
import { defineForkSnapshot } from "#domain/guest/snapshot/fork";
import { defineRemoveSnapshots } from "#domain/guest/snapshot/remove";
import { defineRestore } from "#domain/guest/snapshot/restore";
import { defineTake } from "#domain/guest/snapshot/take";
import { defineAttach } from "#domain/guest/volume/attach";
import { defineDetach } from "#domain/guest/volume/detach";
import { defineFreezeDisk } from "#domain/guest/volume/freeze-disk";
import { defineMakeVolume } from "#domain/guest/volume/make";
import { defineMove, type MoveParts } from "#domain/guest/volume/move";
import { defineRemoveVolume } from "#domain/guest/volume/remove";
import { defineResizeVolume } from "#domain/guest/volume/resize";
import type { VolumeOperations } from "#domain/guest/volume/volumes";
import { defineStart } from "#domain/guest/start";
import { defineStop } from "#domain/guest/stop";
import { defineSuspend } from "#domain/guest/suspend";

export interface GuestOperationParts {
  readonly fleet: Fleet;
  readonly engine: Pick<OperationEngine, "start">;
  readonly key: SealKey;
  readonly clock: Clock;
  readonly layerRoots: () => Promise<string[]>;
  readonly imagePath: (image: string) => Promise<string>;
  readonly mediumPath: (image: string, project: string) => Promise<string>;
  readonly promise: MoveParts["promise"];
  readonly requireRoom: (record: GuestRecord, count?: number) => Promise<void>;
}

export function defineGuestOperations(parts: GuestOperationParts): GuestOperations & VolumeOperations {
  const { fleet, requireRoom: requireMemory } = parts;
  const start = aside(fleet, defineStart({ ...parts, requireMemory }));
  const stop = defineStop({ fleet });
  const take = aside(fleet, defineTake(parts));
  return {
    start,
    stop,
    restart: defineRestart(stop, start),
    pause: definePause({ fleet }),
    resume: defineResume({ fleet }),
    suspend: aside(fleet, defineSuspend({ fleet })),
    remove: defineRemove(parts),
    branch: aside(fleet, defineBranch({ ...parts, requireMemory })),
    diskAdd: aside(fleet, defineDiskAdd(parts)),
    diskRemove: aside(fleet, defineDiskRemove(parts)),
    diskResize: aside(fleet, defineDiskResize(parts)),
    nicAdd: defineNicAdd(parts),
    nicRemove: defineNicRemove(parts),
    makeVolume: defineMakeVolume(parts),
    freezeDisk: aside(fleet, defineFreezeDisk(parts)),
    attach: defineAttach(parts),
    detach: defineDetach(parts),
    move: aside(fleet, defineMove(parts)),
    resizeVolume: defineResizeVolume(parts),
    removeVolume: defineRemoveVolume(parts),
    shorten: aside(fleet, defineShorten(parts)),
    take,
    restore: aside(
      fleet,
      defineRestore({
        ...parts,
        take,
        async start({ project, ...input }) {
          const { operation } = await parts.engine.start(start, input, {
            targets: [guestTarget(input.guest)],
            project,
          });
          return operation.id;
        },
      }),
    ),
    removeSnapshots: defineRemoveSnapshots(parts),
    forkSnapshot: defineForkSnapshot({ ...parts, requireMemory }),
  };
}

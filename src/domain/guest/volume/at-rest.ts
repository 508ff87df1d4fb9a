import type { VolumeRecord } from "../../volume/record.ts";
import type { RecordedDisk } from "../record.ts";

/** A volume by itself again, as its disk was last. */
export const atRest = (volume: VolumeRecord, { format, size, layer }: RecordedDisk): VolumeRecord => ({
  ...volume,
  format,
  size,
  place: { kind: "rest", layer },
});

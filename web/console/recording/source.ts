/** Where a recording's bytes come from: the daemon, or a file that somebody saved. */
import type { RecordingSource } from "#contract/recording/scan";
import type { Schemas } from "#contract/schemas";
import { call } from "../../data/api.ts";

export const keptSource = ({ id, size }: Pick<Schemas["Recording"], "id" | "size">): RecordingSource => ({
  size,
  read: (from, to) =>
    from < to
      ? call("recordingContent", { params: { recording: id } }, { range: [from, to] })
      : Promise.resolve(new Uint8Array()),
});

export const fileSource = (file: File): RecordingSource => ({
  size: file.size,
  read: async (from, to) => new Uint8Array(await file.slice(from, to).arrayBuffer()),
});

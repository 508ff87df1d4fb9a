import { actorName } from "#domain/access/actor";
import type { Handlers } from "./handler.ts";
import type { RecordingService } from "./services.ts";

type RecordingRoute =
  | "recordingStart"
  | "recordingList"
  | "recordingGet"
  | "recordingContent"
  | "recordingStop"
  | "recordingDelete";

export const recordingHandlers = (recordings: RecordingService): Handlers<RecordingRoute> => ({
  recordingStart: ({ params, body, actor }) => recordings.start(params.guest, actorName(actor), body),
  recordingList: ({ query, sight, alone }) => recordings.list(query, sight, alone),
  recordingGet: ({ params }) => recordings.get(params.recording),
  recordingContent: ({ params }) => recordings.content(params.recording),
  recordingStop: ({ params }) => recordings.stop(params.recording),
  recordingDelete: ({ params }) => recordings.remove(params.recording),
});

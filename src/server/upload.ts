import type { CallName } from "#contract/call";
import type { Handlers } from "./handler.ts";
import type { UploadService } from "./services.ts";

type UploadRoute = Extract<CallName, `upload${string}`>;

export const uploadHandlers = (uploads: UploadService): Handlers<UploadRoute> => ({
  uploadList: ({ actor, sight }) => uploads.list(actor, sight),
  uploadCreate: ({ actor, body, project }) => uploads.create(actor, body, project),
  uploadGet: ({ actor, params }) => uploads.get(actor, params.upload),
  uploadSend: ({ actor, params, piece, signal }) => uploads.receive(actor, params.upload, piece, signal),
  uploadDelete: ({ actor, params }) => uploads.remove(actor, params.upload),
  uploadImport: ({ actor, params, body }) => uploads.import(actor, params.upload, body),
});

/** Why a viewer's socket is closed, as its close code and reason say it. */
import { LodgeError } from "#contract/errors";
import type { Log } from "#base/log";
import { closeCode, type CloseCode, type ViewerSocket } from "./viewer-socket.ts";

export function closeViewer(socket: ViewerSocket, error: unknown, log: Log): void {
  if (!(error instanceof LodgeError)) {
    log.error({ err: error }, "bug");
    return socket.close(closeCode.failed, "api.internal");
  }
  if (error.status >= 500) log.warn({ code: error.code, detail: error.detail }, error.message);
  socket.close(codeFor(error), error.code);
}

function codeFor(error: LodgeError): CloseCode {
  if (error.code === "guest.not_found") return closeCode.over;
  if (error.code === "api.stopping") return closeCode.stopping;
  return error.status >= 500 ? closeCode.failed : closeCode.refused;
}

/**
 * One page that shows a desktop, beside its display: what its user is told, and what he says.
 *
 *   page                                    Lodge
 *     | <-- desktop, announced, shadowed, --- |   as it is when the page comes, and whenever it is another
 *     |     recording, shadow-asked           |
 *     | --- shadow-answered, end-shadow ----> |
 *     | --- present (he is still there) ----> |
 *     | --- measured, every few seconds ----> |
 *     | <-- message, ended ------------------ |
 */
import type { DesktopLineFromPage } from "#contract/schema/desktop";
import type { Displays } from "../console/displays.ts";
import type { Consents } from "./consents.ts";
import type { Desktops } from "./desktops.ts";
import type { DesktopLines, LineReader } from "./lines.ts";
import type { PolicyRecordings } from "./policy-recordings.ts";
import type { Shadows } from "./shadows.ts";

export interface LineParts {
  readonly desktops: Pick<Desktops, "get">;
  readonly lines: DesktopLines;
  readonly consents: Consents;
  readonly shadows: Pick<Shadows, "of" | "end">;
  readonly recordings: Pick<PolicyRecordings, "isOn">;
  readonly watchers: Pick<Displays["watchers"], "tell" | "present">;
}

export interface Line {
  /** What the page says. */
  take(frame: DesktopLineFromPage): void;
  close(): void;
}

/** `holder`: whose page it is. @throws LodgeError desktop.not_found */
export async function openLine(
  { desktops, lines, consents, shadows, recordings, watchers }: LineParts,
  id: string,
  holder: string,
  reader: LineReader,
): Promise<Line> {
  const desktop = await desktops.get(id);
  const { announced, guest } = desktop;
  const close = lines.open(id, reader);
  reader({ type: "desktop", desktop });
  if (announced) reader({ type: "announced", announced });
  reader(shadows.of(guest));
  reader({ type: "recording", on: recordings.isOn(guest) });
  consents.repeat(id, reader);
  return {
    take(frame) {
      switch (frame.type) {
        case "shadow-answered":
          return consents.answer(id, frame.id, frame.yes);
        case "end-shadow":
          return void shadows.end(id);
        case "measured":
          return guest === undefined ? undefined : watchers.tell(guest, holder, frame);
        case "present":
          return guest === undefined ? undefined : watchers.present(guest, holder);
      }
    },
    close,
  };
}

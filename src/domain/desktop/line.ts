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
import type { DesktopLineFromPage } from "#contract/schema/desktop-line";
import type { Store } from "#durable/store/store";
import type { Displays } from "../console/displays.ts";
import { guestKey } from "../guest/record.ts";
import type { Consents } from "./consents.ts";
import type { Desktops } from "./desktops.ts";
import type { DesktopLines, LineReader } from "./lines.ts";
import type { PolicyRecordings } from "./policy-recordings.ts";
import { desktopById } from "./record.ts";
import type { Shadows } from "./shadows.ts";
import { takeWords } from "./words.ts";

export interface LineParts {
  readonly store: Store;
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
  /** Resolves once its guest is here no more: who looks at it where it went has his line there. */
  readonly left: Promise<void>;
  close(): void;
}

/** `holder`: whose page it is. @throws LodgeError desktop.not_found */
export async function openLine(
  { store, desktops, lines, consents, shadows, recordings, watchers }: LineParts,
  id: string,
  holder: string,
  reader: LineReader,
): Promise<Line> {
  const desktop = await desktops.get(id);
  const { announced, guest } = desktop;
  const over = new AbortController();
  const forget = lines.open(id, reader);
  reader({ type: "desktop", desktop });
  if (announced) reader({ type: "announced", announced });
  reader(shadows.of(guest));
  reader({ type: "recording", on: recordings.isOn(guest) });
  consents.repeat(id, reader);
  try {
    for (const word of await takeWords(store, await desktopById(store, id))) reader(word);
  } catch (error) {
    forget();
    throw error;
  }
  return {
    take(frame) {
      switch (frame.type) {
        case "shadow-answered":
          return consents.answer(id, frame.id, frame.yes);
        case "end-shadow":
          return guest === undefined ? undefined : shadows.end(id, guest);
        case "measured":
          return guest === undefined ? undefined : watchers.tell(guest, holder, frame);
        case "present":
          return guest === undefined ? undefined : watchers.present(guest, holder);
      }
    },
    left: guest === undefined ? new Promise(() => undefined) : leaving(store, guestKey(guest), over.signal),
    close() {
      over.abort();
      forget();
    },
  };
}

async function leaving(store: Pick<Store, "watch">, key: string, signal: AbortSignal): Promise<void> {
  try {
    for await (const { events } of store.watch(key, { signal }))
      if (events.some((event) => event.key === key && event.type === "delete")) return;
  } catch {
    // Whether it is here cannot be said: the page comes anew, and is led to where it is.
    return;
  }
  await new Promise(() => undefined);
}

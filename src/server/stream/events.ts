import type { Sight } from "#domain/access/sight";
import type { Schemas } from "#contract/schemas";
import type { Outlet } from "./outlet.ts";
import type { EventService } from "../services.ts";

/** What happens and changes, as it does. "started" says that none will be missed. */
export async function serveEvents(
  events: Pick<EventService, "read">,
  query: Schemas["EventQuery"],
  sight: Sight,
  outlet: Outlet,
): Promise<void> {
  const reading = await events.read(query, sight, outlet.gone);
  try {
    const { at } = reading;
    await outlet.sendTexts([{ at, json: JSON.stringify({ type: "started", at }) }]);
    for await (const frames of reading.frames) await outlet.sendTexts(frames);
    await outlet.finish({ type: "end" });
  } finally {
    reading.close();
  }
}

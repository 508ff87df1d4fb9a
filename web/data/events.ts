/** What happened, of all or of one guest, the newest first. */
import { useRead, type Read } from "./query.ts";

/** As many are shown at first; what happens then is added. */
const limit = 200;

export const useEvents = (guest?: string): Read<"eventList"> =>
  useRead("eventList", { query: { limit, ...(guest === undefined ? {} : { guest }) } });

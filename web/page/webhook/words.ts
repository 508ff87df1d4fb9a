/** What came of a delivery, in words. */
import type { Schemas } from "#contract/schemas";
import type { Messages } from "../../text/en.ts";

export function resultOf({ delivered, status, error }: Schemas["Delivery"], text: Messages): string {
  if (error !== undefined) return error;
  return delivered ? text.webhooks.taken(status ?? 0) : text.webhooks.refused(status ?? 0);
}

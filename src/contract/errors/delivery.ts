import type { CatalogueEntry } from "./entry.ts";

/** Errors of webhooks' deliveries. */
export const deliveryErrors = {
  "delivery.not_found": {
    status: 404,
    message: "Nothing is known of a delivery {delivery} of {webhook}: only the last {kept} are kept.",
    hint: "'lodge webhook deliveries {webhook}' lists them.",
  },
} as const satisfies Record<string, CatalogueEntry>;

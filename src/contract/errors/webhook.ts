import type { CatalogueEntry } from "./entry.ts";

/** Errors of webhooks. */
export const webhookErrors = {
  "webhook.not_found": {
    status: 404,
    message: "There is no webhook {webhook}.",
    hint: "'lodge webhook ls' lists them.",
  },
  "webhook.name_taken": {
    status: 409,
    message: "There is a webhook {name} already.",
    hint: "Choose another name, or remove that one with 'lodge webhook rm {name}'.",
  },
  "webhook.too_many": {
    status: 409,
    message: "There are {most} webhooks already, and no more than that are told of what happens.",
    hint: "Remove one that nobody needs with 'lodge webhook rm NAME'.",
  },
  "webhook.not_https": {
    status: 400,
    message: "{url} is not under TLS: whoever is on the way could read what happens here.",
    hint: "Give an address that begins with https://, or allow it for this one with --allow-http.",
  },
  "webhook.signature": {
    status: 400,
    message: "This message is not of the webhook whose secret is known here: {reason}.",
    hint: "Give the secret that was shown when the webhook was made, and the body as it came, byte by byte.",
  },
} as const satisfies Record<string, CatalogueEntry>;

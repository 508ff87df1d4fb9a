/** Webhooks: what happens, told to somebody's HTTP server. */
import type { Route } from "../route.ts";

const urlErrors = ["webhook.not_https", "api.address_closed"] as const;
const filterErrors = ["guest.not_found", "project.not_found"] as const;

export const webhookRoutes = {
  webhookList: {
    method: "GET",
    path: "/v1/webhooks",
    permission: "admin",
    summary: "List webhooks",
    returns: "Webhook",
    list: true,
    errors: [],
  },
  webhookGet: {
    method: "GET",
    path: "/v1/webhooks/:webhook",
    permission: "admin",
    summary: "Show a webhook, and how it goes",
    returns: "Webhook",
    errors: ["webhook.not_found"],
  },
  webhookCreate: {
    method: "POST",
    path: "/v1/webhooks",
    permission: "admin",
    summary: "Tell an HTTP server of what happens from now on; the secret is shown this once",
    body: "WebhookCreate",
    returns: "MadeWebhook",
    errors: ["webhook.name_taken", "webhook.too_many", ...urlErrors, ...filterErrors],
  },
  webhookUpdate: {
    method: "PATCH",
    path: "/v1/webhooks/:webhook",
    permission: "admin",
    summary: "Change a webhook, pause it or let it go on",
    body: "WebhookUpdate",
    returns: "Webhook",
    errors: ["webhook.not_found", "webhook.name_taken", ...urlErrors, ...filterErrors],
  },
  webhookDelete: {
    method: "DELETE",
    path: "/v1/webhooks/:webhook",
    permission: "admin",
    summary: "Remove a webhook with what it noted of its deliveries",
    returns: "Webhook",
    errors: ["webhook.not_found"],
  },
  webhookRotate: {
    method: "POST",
    path: "/v1/webhooks/:webhook/rotate",
    permission: "admin",
    summary: "Make a new secret; for a while messages are signed with both",
    body: "WebhookRotate",
    returns: "MadeWebhook",
    errors: ["webhook.not_found"],
  },
  webhookTest: {
    method: "POST",
    path: "/v1/webhooks/:webhook/test",
    permission: "admin",
    summary: "Send a message of the type webhook.ping now, and tell what was answered",
    returns: "Delivery",
    errors: ["webhook.not_found"],
  },
  deliveryList: {
    method: "GET",
    path: "/v1/webhooks/:webhook/deliveries",
    permission: "admin",
    summary: "List what was sent last, newest first",
    returns: "Delivery",
    list: true,
    errors: ["webhook.not_found"],
  },
  deliveryRedeliver: {
    method: "POST",
    path: "/v1/webhooks/:webhook/deliveries/:delivery/redeliver",
    permission: "admin",
    summary: "Send a message once more, now, as it was",
    returns: "Delivery",
    errors: ["webhook.not_found", "delivery.not_found"],
  },
} as const satisfies Record<string, Route>;

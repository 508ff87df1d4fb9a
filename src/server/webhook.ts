import type { CallName } from "#contract/call";
import type { Handlers } from "./handler.ts";
import type { WebhookService } from "./services.ts";

type WebhookRoute = Extract<CallName, `webhook${string}` | `delivery${string}`>;

export const webhookHandlers = (webhooks: WebhookService): Handlers<WebhookRoute> => ({
  webhookList: () => webhooks.list(),
  webhookGet: ({ params }) => webhooks.get(params.webhook),
  webhookCreate: ({ body, actor }) => webhooks.create(body, actor),
  webhookUpdate: ({ params, body }) => webhooks.update(params.webhook, body),
  webhookDelete: ({ params }) => webhooks.remove(params.webhook),
  webhookRotate: ({ params, body }) => webhooks.rotate(params.webhook, body),
  webhookTest: ({ params, signal }) => webhooks.test(params.webhook, signal),
  deliveryList: ({ params }) => webhooks.deliveries(params.webhook),
  deliveryRedeliver: ({ params, signal }) => webhooks.redeliver(params.webhook, params.delivery, signal),
});

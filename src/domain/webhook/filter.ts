/** Which events a webhook is told of: by the event alone, so that the same holds whenever it is looked at. */
import { hasLabel } from "#contract/label";
import type { Schemas } from "#contract/schemas";
import type { WebhookRecord } from "./record.ts";

export type Filter = Pick<WebhookRecord, "events" | "guest" | "label" | "project">;

/** "*", "guest.*", "guest.created" */
const fits = (pattern: string, kind: string): boolean =>
  pattern === "*" || pattern === kind || (pattern.endsWith(".*") && kind.startsWith(pattern.slice(0, -1)));

export function wants({ events, guest, label, project }: Filter, event: Schemas["Event"]): boolean {
  if (!events.some((pattern) => fits(pattern, event.kind))) return false;
  if (project !== undefined && event.project !== project) return false;
  if (guest !== undefined && event.guest !== guest) return false;
  return label === undefined || hasLabel(event.labels ?? {}, label);
}

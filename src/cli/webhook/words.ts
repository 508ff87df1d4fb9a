/** How a webhook and its deliveries are told of in words. */
import type { Schemas } from "#contract/schemas";
import { formatAge, formatLeft } from "../values.ts";

type Webhook = Schemas["Webhook"];
type Delivery = Schemas["Delivery"];

const whyPaused = {
  asked: "paused",
  gone: "paused: it answered 410 Gone",
  failed: "paused: it took nothing for about a day",
} as const;

export const stateOf = ({ state, paused }: Webhook): string =>
  paused === undefined ? state : whyPaused[paused];

export function failureOf({ failure }: Webhook, now: number): string | undefined {
  if (!failure) return undefined;
  const { reason, tries, since, next } = failure;
  const again = next === undefined ? "" : `, again in ${formatLeft(next, now)}`;
  return `${reason}; ${tries} ${tries === 1 ? "try" : "tries"} since ${formatAge(since, now)}${again}`;
}

export const resultOf = ({ delivered, status, error }: Delivery): string =>
  error ?? `${delivered ? "taken" : "refused"} with ${status}`;

/** For who has just had a message sent. */
export function toldOf(delivery: Delivery, name: string): string {
  const { type, milliseconds, answer } = delivery;
  const said = answer === undefined ? "" : `: ${answer}`;
  return `${type} to ${name}: ${resultOf(delivery)} after ${milliseconds} ms${said}`;
}

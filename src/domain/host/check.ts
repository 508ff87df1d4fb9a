/** A line of what `lodge doctor` says. */
import type { Schemas } from "#contract/schemas";

export type Check = Schemas["Check"];

export const ok = (name: string, summary: string): Check => ({ name, status: "ok", summary });
export const warning = (name: string, summary: string, fix: string): Check => ({
  name,
  status: "warning",
  summary,
  fix,
});
export const missing = (name: string, summary: string, fix: string): Check => ({
  name,
  status: "missing",
  summary,
  fix,
});

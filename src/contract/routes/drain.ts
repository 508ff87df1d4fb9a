/** Endpoints that empty the host which is asked, and fill it again: `lodge-host` names another one of the cluster. */
import type { Route } from "../route.ts";

export const drainRoutes = {
  drainPlan: {
    method: "GET",
    path: "/v1/host/drain",
    permission: "viewer",
    summary: "Where this host's guests would go, and which cannot",
    returns: "DrainPlan",
    errors: ["drain.alone"],
  },
  drainStart: {
    method: "POST",
    path: "/v1/host/drain",
    permission: "admin",
    summary: "Move all guests of this host elsewhere, and let it take no more",
    body: "DrainBody",
    operation: true,
    errors: ["drain.alone", "drain.stuck"],
  },
  drainResume: {
    method: "POST",
    path: "/v1/host/resume",
    permission: "admin",
    summary: "Let this host take guests again, and bring back those that its drain moved",
    body: "ResumeBody",
    operation: true,
    errors: ["drain.alone"],
  },
} as const satisfies Record<string, Route>;

import type { CallName } from "#contract/call";
import type { Handlers } from "./handler.ts";
import type { AccessService, ProjectService } from "./services.ts";

type ProjectRoute = Extract<CallName, `project${string}` | `member${string}`>;

export const projectHandlers = (
  projects: ProjectService,
  access: Pick<AccessService, "members" | "grant" | "revoke">,
): Handlers<ProjectRoute> => ({
  projectList: ({ sight }) => projects.list(sight),
  projectCreate: ({ body }) => projects.create(body),
  projectGet: ({ params }) => projects.get(params.project),
  projectUpdate: ({ params, body }) => projects.update(params.project, body),
  projectUsage: ({ params }) => projects.usage(params.project),
  projectQuota: ({ params, body }) => projects.changeQuota(params.project, body),
  projectDelete: ({ params }) => projects.remove(params.project),
  memberList: ({ params }) => access.members(params.project),
  memberGrant: ({ params, body }) => access.grant(params.project, body),
  memberRevoke: ({ params }) => access.revoke(params.project, params.user),
});

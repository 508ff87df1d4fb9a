/** Projects: what keeps guests and their things apart, and the people who have roles there. */
import { Type, type Static } from "./type.ts";
import { GlobalRole, Role, UserName } from "./access.ts";
import { Name, Timestamp } from "./fields.ts";
import { Quota } from "./quota.ts";

const strict = { additionalProperties: false } as const;

const description = Type.String({ maxLength: 4096 });

export const Project = Type.Object({
  name: Name,
  description: Type.String(),
  createdAt: Timestamp,
  quota: Type.Optional(Quota),
  encrypted: Type.Optional(
    Type.Boolean({
      description: "New guests' disks and new volumes are encrypted, unless they are asked for otherwise.",
    }),
  ),
});
export type Project = Static<typeof Project>;

export const ProjectCreate = Type.Object(
  { name: Name, description: Type.Optional(description), encrypted: Type.Optional(Type.Boolean()) },
  strict,
);
export type ProjectCreate = Static<typeof ProjectCreate>;

export const ProjectUpdate = Type.Object(
  { description: Type.Optional(description), encrypted: Type.Optional(Type.Boolean()) },
  strict,
);
export type ProjectUpdate = Static<typeof ProjectUpdate>;

export const Member = Type.Object({
  user: UserName,
  role: Role,
  everywhere: GlobalRole,
});
export type Member = Static<typeof Member>;

export const MemberGrant = Type.Object({ user: UserName, role: Role }, strict);
export type MemberGrant = Static<typeof MemberGrant>;

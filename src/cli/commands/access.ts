/** Commands about who may do what. */
import { group, type Entry } from "../entry.ts";

export const ofAccess: readonly Entry[] = [
  ...group("Access", [
    [
      "host sign-in-link",
      "A one-time link that makes an admin's account",
      () => import("../host/sign-in-link.ts").then((m) => m.signInLink),
    ],
    ["user ls", "List accounts", () => import("../user/ls.ts").then((m) => m.ls)],
    [
      "user create",
      "Make an account, and a link to its password",
      () => import("../user/create.ts").then((m) => m.create),
    ],
    [
      "user set",
      "Change an account's role or groups, or bar it",
      () => import("../user/set.ts").then((m) => m.set),
    ],
    [
      "user reset",
      "A one-time link to choose a new password",
      () => import("../user/reset.ts").then((m) => m.reset),
    ],
    ["user rm", "Remove accounts", () => import("../user/rm.ts").then((m) => m.rm)],
    ["project ls", "List projects", () => import("../project/ls.ts").then((m) => m.ls)],
    ["project show", "Show a project", () => import("../project/show.ts").then((m) => m.show)],
    ["project create", "Make a project", () => import("../project/create.ts").then((m) => m.create)],
    [
      "project set",
      "Change a project's description, and the most that it may have",
      () => import("../project/set.ts").then((m) => m.set),
    ],
    ["project rm", "Remove projects that hold nothing", () => import("../project/rm.ts").then((m) => m.rm)],
    [
      "project members",
      "Who has a role in a project",
      () => import("../project/members.ts").then((m) => m.members),
    ],
    [
      "project grant",
      "Give an account a role in a project",
      () => import("../project/grant.ts").then((m) => m.grant),
    ],
    [
      "project revoke",
      "Take accounts' roles in a project away",
      () => import("../project/revoke.ts").then((m) => m.revoke),
    ],
    ["token ls", "List programs' tokens", () => import("../token/ls.ts").then((m) => m.ls)],
    ["token create", "Make a token for a program", () => import("../token/create.ts").then((m) => m.create)],
    ["token rm", "Revoke tokens", () => import("../token/rm.ts").then((m) => m.rm)],
    [
      "provider ls",
      "List providers that people sign in with",
      () => import("../provider/ls.ts").then((m) => m.ls),
    ],
    [
      "provider add",
      "Let people sign in with a provider",
      () => import("../provider/add.ts").then((m) => m.add),
    ],
    [
      "provider test",
      "What a directory says about a person",
      () => import("../provider/test.ts").then((m) => m.test),
    ],
    ["provider rm", "Remove a provider", () => import("../provider/rm.ts").then((m) => m.rm)],
    ["remote ls", "List other computers' Lodges", () => import("../remote/ls.ts").then((m) => m.ls)],
    [
      "remote add",
      "Give another computer's Lodge a name here",
      () => import("../remote/add.ts").then((m) => m.add),
    ],
    ["remote rm", "Forget one", () => import("../remote/rm.ts").then((m) => m.rm)],
    ["audit ls", "Who did what, and from where", () => import("../audit/ls.ts").then((m) => m.ls)],
  ]),
];

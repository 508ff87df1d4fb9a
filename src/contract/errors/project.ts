import type { CatalogueEntry } from "./entry.ts";

/** Errors about projects. */
export const projectErrors = {
  "project.not_found": {
    status: 404,
    message: "There is no project '{project}'.",
    hint: "'lodge project ls' shows the projects.",
  },
  "project.name_taken": {
    status: 409,
    message: "A project named '{name}' already exists.",
    hint: "Choose another name; 'lodge project ls' shows those that are taken.",
  },
  "project.in_use": {
    status: 409,
    message: "Project '{project}' still holds {held}.",
    hint: "Remove them first: 'lodge ls', 'lodge volume ls', 'lodge image ls' and 'lodge template ls' show them with '--project {project}'.",
  },
  "project.quota": {
    status: 507,
    message:
      "Project '{project}' may have {limit} of {resource}, has {used} and would have {needed} more. Who has it: {holders}.",
    hint: "Remove something of it, or have an admin raise it with 'lodge project set {project}'.",
  },
  "project.default": {
    status: 409,
    message: "The project 'default' is always there.",
    hint: "Remove what it holds instead.",
  },
  "project.no_member": {
    status: 404,
    message: "{user} was granted no role in project '{project}'.",
    hint: "'lodge project members {project}' shows who was.",
  },
} as const satisfies Record<string, CatalogueEntry>;

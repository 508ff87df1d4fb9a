import type { CatalogueEntry } from "./entry.ts";

/** Errors about templates: parked, booted images that guests fork from. */
export const templateErrors = {
  "template.not_found": {
    status: 404,
    message: "There is no template '{template}'.",
    hint: "'lodge template ls' shows them; 'lodge template build IMAGE' makes one.",
  },
  "template.build_failed": {
    status: 500,
    message: "The template of image '{image}' could not be parked: {reason}.",
    hint: "Guests of this image boot instead; 'lodge operation ls' has the details.",
  },
  "template.budget": {
    status: 507,
    message: "The template needs {needed}, and {available} of the templates' budget can be had.",
    hint: "Raise it with 'lodge template budget', or remove guests of other templates, which 'lodge template ls' counts.",
  },
} as const satisfies Record<string, CatalogueEntry>;

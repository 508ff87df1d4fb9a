import type { CallName } from "#contract/call";
import type { Handlers } from "./handler.ts";
import type { TemplateService } from "./services.ts";

type TemplateRoute = Extract<CallName, `template${string}`>;

export const templateHandlers = (templates: TemplateService): Handlers<TemplateRoute> => ({
  templateList: ({ sight }) => templates.list(sight),
  templateBuild: ({ body, project }) => templates.build(body, project),
  templateDelete: ({ params }) => templates.remove(params.template),
  templateBudgetGet: () => templates.budget(),
  templateBudgetUpdate: ({ body }) => templates.changeBudget(body),
});

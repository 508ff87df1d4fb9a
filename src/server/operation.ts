import type { CallName } from "#contract/call";
import type { Handlers } from "./handler.ts";
import type { OperationService } from "./services.ts";

type OperationRoute = Extract<CallName, `operation${string}`>;

export const operationHandlers = (operations: OperationService): Handlers<OperationRoute> => ({
  operationList: ({ query, sight, alone }) => operations.list(query, sight, alone),
  operationGet: ({ params }) => operations.get(params.operation),
  operationWait: ({ params, query, signal }) => operations.wait(params.operation, query, signal),
  operationCancel: ({ params }) => operations.cancel(params.operation),
});

import type { Operation } from "#contract/operation";
import { command } from "../command.ts";
import { formatOption, printItem } from "../output.ts";
import { duration } from "./ls.ts";

export const show = command({
  operands: [{ name: "OPERATION", complete: "operation" }],
  options: formatOption,
  examples: [["lodge operation show o0123456789", "how far it is, or why it failed"]],
  async run({ operands, options }, { client, terminal }) {
    const operation = await client.call("operationGet", { params: { operation: operands[0] ?? "" } });
    await printItem(terminal, operation, options.format, (shown) => rows(shown, Date.now()));
  },
});

const rows = (operation: Operation, now: number): readonly (readonly [string, string | undefined])[] => [
  ["id", operation.id],
  ["kind", operation.kind],
  ["on", operation.targets.join("\n")],
  ["status", operation.status],
  ["step", operation.step],
  ["done", `${operation.stepsDone.length} of ${operation.stepCount} steps`],
  ["progress", percent(operation)],
  ["begun", operation.startedAt],
  ["ended", operation.endedAt],
  ["took", duration(operation, now)],
  ["asked by", operation.actor],
  ["error", operation.error?.message],
  ["hint", operation.error?.hint],
  ["detail", operation.error?.detail],
];

function percent({ progress: { fraction, message } }: Operation): string {
  return fraction === undefined ? message : `${Math.floor(fraction * 100)} %  ${message}`;
}

/** Shows an operation that this page began until it has ended. */
import type { QueryClient } from "@tanstack/react-query";
import { waitFor } from "#client/wait";
import type { Operation } from "#contract/operation";
import { call } from "./api.ts";
import { putObject } from "./apply.ts";
import { stir } from "./stir.ts";

export function follow(queries: QueryClient, operation: Operation): void {
  const onProgress = (now: Operation) => {
    putObject(queries, "operation", now);
    stir(queries, now.kind);
  };
  // How it ended is in the operation itself, and shown there.
  waitFor(call, operation, { onProgress }).catch(() => undefined);
}

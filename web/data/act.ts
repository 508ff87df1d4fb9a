/** Does something to one guest or many, shows what was begun at once, and says what went wrong. */
import { useQueryClient } from "@tanstack/react-query";
import type { Operation } from "#contract/operation";
import type { Schemas } from "#contract/schemas";
import { tellFailure } from "../ui/notify.ts";
import { errorOf } from "./api.ts";
import { putObject } from "./apply.ts";
import { may, type Action } from "./guest-action.ts";
import { own } from "./own-operations.ts";

/** Requests under way at once: a hundred guests are not a hundred connections. */
const atOnce = 6;

export function useAct(): (action: Action, guests: readonly Schemas["Guest"][]) => Promise<void> {
  const queries = useQueryClient();
  return async (action, guests) => {
    const waiting = guests.filter((guest) => may(action.needs, guest));
    const work = async () => {
      for (let guest = waiting.shift(); guest; guest = waiting.shift()) {
        try {
          const operation = (await action.run(guest.id)) as Operation;
          putObject(queries, "operation", operation);
          own(operation);
        } catch (error) {
          tellFailure(errorOf(error));
        }
      }
    };
    await Promise.all(Array.from({ length: atOnce }, work));
  };
}

/** What is asked before a guest, or several, lose something. */
import type { Schemas } from "#contract/schemas";
import { may, type Action } from "../../data/guest-action.ts";
import type { Messages } from "../../text/en.ts";
import type { Question } from "../../ui/question.ts";

export function questionFor(
  text: Messages,
  action: Action,
  guests: readonly Schemas["Guest"][],
  confirm: () => void,
): Question {
  const { actions } = text;
  const able = guests.filter((guest) => may(action.needs, guest));
  const [first] = able;
  const one = able.length === 1 && first ? first.name : undefined;
  const deletes = action.name === "delete";
  const count = able.length;
  const many = deletes ? actions.deleteMany(count) : actions.forceMany(count);
  const manyWord = deletes ? actions.manyWord(count) : actions.manyForceWord(count);
  const oneTitle = (name: string) => (deletes ? actions.deleteOne(name) : actions.forceOne(name));
  const manyWarning = deletes ? actions.deleteManyWarning : actions.forceWarning;
  const oneWarning = deletes ? actions.deleteWarning : actions.forceWarning;
  return {
    title: one === undefined ? many : oneTitle(one),
    warning: one === undefined ? manyWarning : oneWarning,
    name: one ?? manyWord,
    action: actions[action.name],
    note: count < guests.length ? actions.some(count, guests.length) : undefined,
    confirm,
  };
}

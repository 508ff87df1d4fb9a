/** What can be done to the guests that are selected. */
import { Button, CloseButton } from "@mantine/core";
import { useState } from "react";
import type { Schemas } from "#contract/schemas";
import { useAct } from "../../data/act.ts";
import { guestActions, may, statesFor } from "../../data/guest-action.ts";
import { useText } from "../../text/use-text.tsx";
import { Confirm } from "../../ui/confirm.tsx";
import type { Question } from "../../ui/question.ts";
import style from "./list.module.css";
import { questionFor } from "./question.ts";

interface BulkProps {
  readonly guests: readonly Schemas["Guest"][];
  clear(): void;
}

const offered = new Set(["start", "stop", "suspend", "forceStop", "delete"]);

export function Bulk({ guests, clear }: BulkProps) {
  const text = useText();
  const act = useAct();
  const [asked, setAsked] = useState<Question>();
  return (
    <>
      <div className={style["bulk"]} role="toolbar" aria-label={text.common.selected(guests.length)}>
        <span className="number">{text.common.selected(guests.length)}</span>
        {guestActions
          .filter(({ name }) => offered.has(name))
          .map((action) => {
            const able = guests.some((guest) => may(action.needs, guest));
            const run = () => void act(action, guests).then(() => action.name === "delete" && clear());
            const { icon: Icon } = action;
            return (
              <Button
                key={action.name}
                size="compact-sm"
                variant="subtle"
                color={action.destroys ? "var(--bad)" : "var(--ink)"}
                leftSection={<Icon size={14} />}
                disabled={!able}
                {...(able
                  ? {}
                  : { title: text.actions.notIn(text.actions[action.name], statesFor(action.needs, text)) })}
                onClick={() => (action.destroys ? setAsked(questionFor(text, action, guests, run)) : run())}
              >
                {text.actions[action.name]}
              </Button>
            );
          })}
        <CloseButton size="sm" aria-label={text.common.clear} onClick={clear} />
      </div>
      <Confirm question={asked} close={() => setAsked(undefined)} />
    </>
  );
}

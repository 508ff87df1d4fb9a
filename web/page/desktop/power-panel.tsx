/** Off and on again, or all new. */
import type { Keeps } from "#contract/schema/desktop-pool";
import { useText } from "../../text/use-text.tsx";
import type { Question } from "../../ui/question.ts";
import type { DesktopActions } from "./use-actions.ts";
import style from "./toolbar.module.css";

interface PowerPanelProps {
  readonly actions: DesktopActions;
  readonly keeps: Keeps;
  ask(question: Question): void;
  done(): void;
}

export function PowerPanel({ actions, keeps, ask, done }: PowerPanelProps) {
  const t = useText().desktops;
  const choice = (action: string, hint: string, question: Omit<Question, "action">) => (
    <button
      type="button"
      className={style["choice"]}
      onClick={() => {
        done();
        ask({ ...question, action });
      }}
    >
      {action}
      <small>{hint}</small>
    </button>
  );
  return (
    <div className={style["list"]}>
      {choice(t.restart, t.restartHint, {
        title: t.restartTitle,
        warning: t.restartWarning,
        confirm: () => void actions.restart(),
      })}
      {choice(t.reset, t.resetHints[keeps], {
        title: t.resetTitle,
        warning: t.resetWarnings[keeps],
        confirm: () => void actions.reset(),
      })}
    </div>
  );
}

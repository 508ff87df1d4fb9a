/** Nothing to show, and what to do about it. */
import type { ReactNode } from "react";
import style from "./empty.module.css";

interface EmptyProps {
  readonly title: string;
  readonly hint?: string;
  readonly action?: ReactNode;
}

export function Empty({ title, hint, action }: EmptyProps) {
  return (
    <div className={style["empty"]}>
      <p className={style["title"]}>{title}</p>
      {hint && <p className={style["hint"]}>{hint}</p>}
      {action && <div className={style["action"]}>{action}</div>}
    </div>
  );
}

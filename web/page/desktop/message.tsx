/** A card where the picture would be: what is so, why, and what one can do. */
import type { ReactNode } from "react";
import style from "./show.module.css";

interface MessageProps {
  readonly title: string;
  readonly hint: ReactNode;
  readonly children?: ReactNode;
}

export const Message = ({ title, hint, children }: MessageProps) => (
  <div className={style["card"]}>
    <h1>{title}</h1>
    {typeof hint === "string" ? <p className="soft">{hint}</p> : hint}
    {children !== undefined && children !== false && <div className={style["buttons"]}>{children}</div>}
  </div>
);

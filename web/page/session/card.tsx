/** What there is to see before one is signed in. */
import { useEffect, type ReactNode } from "react";
import { Look } from "../../ui/look.tsx";
import style from "./card.module.css";

export function SessionCard({ title, children }: { readonly title: string; readonly children: ReactNode }) {
  useEffect(() => {
    document.title = title;
  }, [title]);
  return (
    <main className={style["ground"]}>
      <div className={style["card"]}>
        <img src="/icon.svg" alt="" />
        <h1>{title}</h1>
        {children}
      </div>
      <Look className={style["look"] ?? ""} />
    </main>
  );
}

export const Command = ({ children }: { readonly children: string }) => (
  <code className={`mono ${style["command"]}`}>{children}</code>
);

/** What pages are made of: a head with actions, sections, cards, and facts in two columns. */
import { useEffect, type ReactNode } from "react";
import style from "./page.module.css";

interface PageProps {
  readonly title: string;
  /** Stands before or after the title: a state, a way back. */
  readonly beside?: ReactNode;
  readonly actions?: ReactNode;
  readonly narrow?: boolean;
  readonly children: ReactNode;
}

export function Page({ title, beside, actions, narrow, children }: PageProps) {
  useEffect(() => {
    document.title = `${title} · Lodge`;
  }, [title]);
  return (
    <div className={narrow ? `${style["page"]} ${style["narrow"]}` : style["page"]}>
      <header className={style["head"]}>
        <h1 className={style["title"]}>{title}</h1>
        {beside}
        {actions && <div className={style["actions"]}>{actions}</div>}
      </header>
      {children}
    </div>
  );
}

interface SectionProps {
  readonly title: string;
  readonly hint?: string;
  readonly actions?: ReactNode;
  readonly children: ReactNode;
}

export function Section({ title, hint, actions, children }: SectionProps) {
  return (
    <section className={style["section"]} aria-label={title}>
      <div className={style["sectionHead"]}>
        <h2>{title}</h2>
        {hint && <span className={style["hint"]}>{hint}</span>}
        {actions && <div>{actions}</div>}
      </div>
      {children}
    </section>
  );
}

export const Card = ({ children }: { readonly children: ReactNode }) => (
  <div className={style["card"]}>{children}</div>
);

export const Columns = ({ children }: { readonly children: ReactNode }) => (
  <div className={style["columns"]}>{children}</div>
);

/** What is undefined is left out. */
export function Facts({ of }: { readonly of: readonly (readonly [label: string, value: ReactNode])[] }) {
  return (
    <dl className={style["facts"]}>
      {of
        .filter(([, value]) => value !== undefined && value !== "")
        .map(([label, value]) => (
          <div key={label} style={{ display: "contents" }}>
            <dt>{label}</dt>
            <dd>{value}</dd>
          </div>
        ))}
    </dl>
  );
}

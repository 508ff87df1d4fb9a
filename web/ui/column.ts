/** What a table's columns and rows are: table.tsx. */
import type { ReactNode } from "react";
import style from "./table.module.css";

export interface Column<T> {
  readonly id: string;
  readonly header: string;
  /** A grid track: "minmax(160px, 2fr)", "90px". */
  readonly width: string;
  readonly cell: (row: T) => ReactNode;
  /** What it is ordered by; without it, it is not. */
  readonly sort?: (row: T) => string | number;
  readonly end?: boolean;
  /** Left out where there is little room; "very": also where there is some. */
  readonly wide?: boolean | "very";
}

/** Ids of rows; those that are not selected are left out. */
export type Selected = Readonly<Record<string, true>>;

export interface Selection {
  readonly ids: Selected;
  change(ids: Selected): void;
}

export const cellStyle = ({ end, wide }: Pick<Column<never>, "end" | "wide">): string =>
  ["cell", end ? "end" : "", wide ? "wide" : "", wide === "very" ? "very" : ""]
    .map((name) => style[name] ?? "")
    .join(" ");

/** What a table's columns and rows are: table.tsx. */
import {
  createSortedRowModel,
  rowSelectionFeature,
  rowSortingFeature,
  tableFeatures,
  type Row,
} from "@tanstack/react-table";
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

export const features = tableFeatures({
  rowSortingFeature,
  rowSelectionFeature,
  sortedRowModel: createSortedRowModel(),
});
export type Features = typeof features;
export type TableRow<T> = Row<Features, T & object>;

export const cellStyle = ({ end, wide }: Pick<Column<never>, "end" | "wide">): string =>
  ["cell", end ? "end" : "", wide ? "wide" : "", wide === "very" ? "very" : ""]
    .map((name) => style[name] ?? "")
    .join(" ");

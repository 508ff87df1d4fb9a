/** A row of a table, and what rows have in common. */
import { Checkbox } from "@mantine/core";
import type { CSSProperties } from "react";
import { useText } from "../text/use-text.tsx";
import { cellStyle, type Column, type TableRow } from "./column.ts";
import style from "./table.module.css";

/** The element that scrolls: see shell.tsx. */
export const scrollerId = "content";

export interface RowsProps<T extends object> {
  readonly rows: readonly TableRow<T>[];
  readonly columns: readonly Column<T>[];
  readonly name: (row: T) => string;
  readonly selects: boolean;
}

interface RowProps<T extends object> extends Omit<RowsProps<T>, "rows"> {
  readonly row: TableRow<T>;
  readonly at: number;
  readonly place?: CSSProperties;
}

export function OneRow<T extends object>({ row, at, place, columns, name, selects }: RowProps<T>) {
  const text = useText();
  const chosen = selects && row.getIsSelected();
  return (
    <div
      className={chosen ? `${style["row"]} ${style["chosen"]}` : style["row"]}
      role="row"
      aria-rowindex={at + 2}
      aria-selected={selects ? chosen : undefined}
      style={place}
    >
      {selects && (
        <div role="cell">
          <Checkbox
            size="xs"
            aria-label={`${text.common.select} ${name(row.original)}`}
            checked={chosen}
            onChange={row.getToggleSelectedHandler()}
          />
        </div>
      )}
      {columns.map(({ id, cell, end, wide }) => (
        <div key={id} role="cell" className={cellStyle({ end: end ?? false, wide: wide ?? false })}>
          {cell(row.original)}
        </div>
      ))}
    </div>
  );
}

/** A row of a table, and what rows have in common. */
import { Checkbox } from "@mantine/core";
import type { CSSProperties } from "react";
import { useText } from "../text/use-text.tsx";
import { cellStyle, type Column, type Selection } from "./column.ts";
import style from "./table.module.css";

/** The element that scrolls: see shell.tsx. */
export const scrollerId = "content";

export interface RowsProps<T extends object> {
  readonly rows: readonly T[];
  readonly columns: readonly Column<T>[];
  readonly id: (row: T) => string;
  readonly name: (row: T) => string;
  readonly selection?: Selection;
}

interface RowProps<T extends object> extends Omit<RowsProps<T>, "rows"> {
  readonly row: T;
  readonly at: number;
  readonly place?: CSSProperties;
}

export function OneRow<T extends object>({ row, at, place, columns, id, name, selection }: RowProps<T>) {
  const text = useText();
  const chosen = selection?.ids[id(row)] === true;
  return (
    <div
      className={chosen ? `${style["row"]} ${style["chosen"]}` : style["row"]}
      role="row"
      aria-rowindex={at + 2}
      aria-selected={selection ? chosen : undefined}
      style={place}
    >
      {selection && (
        <div role="cell">
          <Checkbox
            size="xs"
            aria-label={`${text.common.select} ${name(row)}`}
            checked={chosen}
            onChange={() => selection.change(turned(selection.ids, id(row)))}
          />
        </div>
      )}
      {columns.map(({ id: column, cell, end, wide }) => (
        <div key={column} role="cell" className={cellStyle({ end: end ?? false, wide: wide ?? false })}>
          {cell(row)}
        </div>
      ))}
    </div>
  );
}

function turned(ids: Selection["ids"], id: string): Selection["ids"] {
  const { [id]: was, ...others } = ids;
  return was ? others : { ...ids, [id]: true };
}

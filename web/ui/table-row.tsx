/** A row of a table, and what rows have in common. */
import { Checkbox } from "@mantine/core";
import { memo, useCallback, useLayoutEffect, useRef } from "react";
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

interface RowProps<T extends object> extends Omit<RowsProps<T>, "rows" | "selection"> {
  readonly row: T;
  readonly at: number;
  /** Pixels from the table's top, where rows are placed one by one. */
  readonly top?: number;
  /** Undefined in a table that is not selected in. */
  readonly chosen: boolean | undefined;
  /** Selects the row with this id, or leaves it. */
  readonly choose: (id: string) => void;
}

/** The same function for as long as the table is there: a row need not be drawn anew for it. */
export function useChoose(selection: Selection | undefined): (id: string) => void {
  const latest = useRef(selection);
  useLayoutEffect(() => {
    latest.current = selection;
  });
  return useCallback((id) => latest.current?.change(turned(latest.current.ids, id)), []);
}

function Row<T extends object>({ row, at, top, columns, id, name, chosen, choose }: RowProps<T>) {
  const text = useText();
  return (
    <div
      className={chosen ? `${style["row"]} ${style["chosen"]}` : style["row"]}
      role="row"
      aria-rowindex={at + 2}
      aria-selected={chosen}
      style={top === undefined ? undefined : { transform: `translateY(${top}px)` }}
    >
      {chosen !== undefined && (
        <div role="cell">
          <Checkbox
            size="xs"
            aria-label={`${text.common.select} ${name(row)}`}
            checked={chosen}
            onChange={() => choose(id(row))}
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

/** While a table scrolls, or a few of its rows change, the others are what they were and are not drawn anew. */
export const OneRow = memo(Row) as typeof Row;

function turned(ids: Selection["ids"], id: string): Selection["ids"] {
  const { [id]: was, ...others } = ids;
  return was ? others : { ...ids, [id]: true };
}

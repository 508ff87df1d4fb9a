/** The rows of a table: all of them where they are few, else those that are in sight. */
import { Checkbox } from "@mantine/core";
import { lazy, Suspense, type CSSProperties } from "react";
import { useText } from "../text/use-text.tsx";
import { cellStyle, type Column, type TableRow } from "./table.tsx";
import style from "./table.module.css";

/** As many rows are no trouble to a browser. */
const few = 60;
/** The element that scrolls: see shell.tsx. */
export const scrollerId = "content";

export interface RowsProps<T extends object> {
  readonly rows: readonly TableRow<T>[];
  readonly columns: readonly Column<T>[];
  readonly name: (row: T) => string;
  readonly selects: boolean;
}

/** What finds out which rows are in sight comes with the first table that is long. It forgets whose rows they are. */
const RowsInSight = lazy(async () => ({ default: (await import("./rows-in-sight.tsx")).RowsInSight }));

export function TableRows<T extends object>(props: RowsProps<T>) {
  if (props.rows.length <= few) return <AllRows {...props} />;
  return (
    <Suspense>
      <RowsInSight {...(props as unknown as RowsProps<object>)} />
    </Suspense>
  );
}

function AllRows<T extends object>({ rows, ...rest }: RowsProps<T>) {
  return (
    <div role="rowgroup">
      {rows.map((row, at) => (
        <OneRow key={row.id} row={row} at={at} {...rest} />
      ))}
    </div>
  );
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

/** The rows of a table: all of them where they are few, else those that are in sight. */
import { Checkbox } from "@mantine/core";
import { useVirtualizer } from "@tanstack/react-virtual";
import { useLayoutEffect, useRef, useState, type CSSProperties } from "react";
import { useText } from "../text/use-text.tsx";
import { cellStyle, type Column, type TableRow } from "./table.tsx";
import style from "./table.module.css";

const rowHeight = 40;
/** As many rows are no trouble to a browser. */
const few = 60;
/** The element that scrolls: see shell.tsx. */
export const scrollerId = "content";

interface RowsProps<T extends object> {
  readonly rows: readonly TableRow<T>[];
  readonly columns: readonly Column<T>[];
  readonly name: (row: T) => string;
  readonly selects: boolean;
}

export function TableRows<T extends object>(props: RowsProps<T>) {
  return props.rows.length > few ? <RowsInSight {...props} /> : <AllRows {...props} />;
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

function RowsInSight<T extends object>({ rows, ...rest }: RowsProps<T>) {
  const group = useRef<HTMLDivElement>(null);
  const [margin, setMargin] = useState(0);
  const scroller = () => document.getElementById(scrollerId);
  // What lies above the rows changes with the page; measuring after each render is one read of the layout.
  useLayoutEffect(() => {
    const box = scroller();
    if (!group.current || !box) return;
    const top = group.current.getBoundingClientRect().top - box.getBoundingClientRect().top + box.scrollTop;
    setMargin(Math.round(top));
  });
  const virtualizer = useVirtualizer({
    count: rows.length,
    getScrollElement: scroller,
    estimateSize: () => rowHeight,
    getItemKey: (at) => rows[at]?.id ?? at,
    overscan: 12,
    scrollMargin: margin,
  });
  const height = { height: virtualizer.getTotalSize(), position: "relative" } as const;
  return (
    <div ref={group} role="rowgroup" className={style["virtual"]} style={height}>
      {virtualizer.getVirtualItems().map(({ index, start }) => {
        const row = rows[index];
        const place = { transform: `translateY(${start - margin}px)` };
        return row && <OneRow key={row.id} row={row} at={index} place={place} {...rest} />;
      })}
    </div>
  );
}

interface RowProps<T extends object> extends Omit<RowsProps<T>, "rows"> {
  readonly row: TableRow<T>;
  readonly at: number;
  readonly place?: CSSProperties;
}

function OneRow<T extends object>({ row, at, place, columns, name, selects }: RowProps<T>) {
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

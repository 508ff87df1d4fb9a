/**
 * A table of any length, ordered and selected in; of many rows only those in sight are in the page. Rows are a
 * grid with the roles of a table, since a <table> cannot leave rows out.
 */
import { Checkbox } from "@mantine/core";
import { IconArrowDown, IconArrowUp } from "@tabler/icons-react";
import { useMemo, useState, type CSSProperties } from "react";
import { useText } from "../text/use-text.tsx";
import { cellStyle, type Column, type Selected, type Selection } from "./column.ts";
import { TableRows } from "./table-rows.tsx";
import style from "./table.module.css";

interface Order {
  readonly by: string;
  readonly down?: boolean;
}

export interface TableProps<T> {
  readonly label: string;
  readonly rows: readonly T[];
  readonly columns: readonly Column<T>[];
  readonly id: (row: T) => string;
  /** What a row is called, for who hears the page. */
  readonly name?: (row: T) => string;
  readonly selection?: Selection;
  /** The order until another is chosen; without it, as the rows come. */
  readonly order?: Order;
}

/** Names in the order that people expect: web-2 before web-10. */
const collator = new Intl.Collator(undefined, { numeric: true });
const compare = (a: string | number, b: string | number): number =>
  typeof a === "number" && typeof b === "number" ? a - b : collator.compare(String(a), String(b));

function ordered<T>(rows: readonly T[], columns: readonly Column<T>[], order?: Order): readonly T[] {
  const sort = columns.find(({ id }) => id === order?.by)?.sort;
  if (!sort) return rows;
  const sign = order?.down ? -1 : 1;
  return rows.toSorted((a, b) => sign * compare(sort(a), sort(b)));
}

export function Table<T extends object>(props: TableProps<T>) {
  const { label, rows, columns, id, name, selection } = props;
  const text = useText();
  const [order, setOrder] = useState(props.order);
  const inOrder = useMemo(() => ordered(rows, columns, order), [rows, columns, order]);
  const chosen = selection ? rows.filter((row) => selection.ids[id(row)]).length : 0;
  const tracks = (some: readonly Column<T>[]) =>
    [...(selection ? ["20px"] : []), ...some.map(({ width }) => width)].join(" ");
  const grid = {
    "--columns": tracks(columns),
    "--columns-some": tracks(columns.filter(({ wide }) => wide !== "very")),
    "--columns-phone": tracks(columns.filter(({ wide }) => !wide)),
  } as CSSProperties;
  return (
    <div
      className={style["table"]}
      role="table"
      aria-label={label}
      aria-rowcount={rows.length + 1}
      style={grid}
    >
      <div role="rowgroup" style={{ display: "contents" }}>
        <div className={style["head"]} role="row" aria-rowindex={1}>
          {selection && (
            <div role="columnheader">
              <Checkbox
                size="xs"
                aria-label={text.common.selectAll}
                checked={chosen > 0 && chosen === rows.length}
                indeterminate={chosen > 0 && chosen < rows.length}
                onChange={() => selection.change(chosen === rows.length ? none : all(rows, id))}
              />
            </div>
          )}
          {columns.map((column) => (
            <Head
              key={column.id}
              column={column}
              down={order?.by === column.id ? (order.down ?? false) : undefined}
              sort={(down) => setOrder({ by: column.id, down })}
            />
          ))}
        </div>
      </div>
      <TableRows
        rows={inOrder}
        columns={columns}
        id={id}
        name={name ?? id}
        {...(selection ? { selection } : {})}
      />
    </div>
  );
}

const none: Selected = {};

const all = <T,>(rows: readonly T[], id: (row: T) => string): Selected =>
  Object.fromEntries(rows.map((row) => [id(row), true as const]));

interface HeadProps<T> {
  readonly column: Column<T>;
  /** How the table is ordered by it; undefined where it is not. */
  readonly down: boolean | undefined;
  sort(down: boolean): void;
}

function Head<T>({ column, down, sort }: HeadProps<T>) {
  const text = useText();
  const names = cellStyle(column);
  if (!column.sort) {
    return (
      <div className={names} role="columnheader">
        {column.header === "" ? <span className="unseen">{text.common.actions}</span> : column.header}
      </div>
    );
  }
  const state = down === undefined ? "none" : down ? "descending" : "ascending";
  return (
    <div className={names} role="columnheader" aria-sort={state}>
      <button
        type="button"
        className={style["sort"]}
        aria-label={text.common.sortBy(column.header)}
        onClick={() => sort(down === false)}
      >
        {column.header}
        {down === false && <IconArrowUp size={12} />}
        {down === true && <IconArrowDown size={12} />}
      </button>
    </div>
  );
}

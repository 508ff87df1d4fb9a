/**
 * A table of any length: TanStack Table orders and selects, and of many rows only those in sight are in the
 * page. Rows are a grid with the roles of a table, since a <table> cannot leave rows out.
 */
import { Checkbox } from "@mantine/core";
import { IconArrowDown, IconArrowUp } from "@tabler/icons-react";
import { useTable, type ColumnDef, type RowSelectionState } from "@tanstack/react-table";
import { useMemo, type CSSProperties } from "react";
import { useText } from "../text/use-text.tsx";
import { cellStyle, features, type Column, type Features } from "./column.ts";
import { TableRows } from "./table-rows.tsx";
import style from "./table.module.css";

export interface Selection {
  readonly ids: RowSelectionState;
  change(ids: RowSelectionState): void;
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
  readonly order?: { readonly by: string; readonly down?: boolean };
}

/** Names in the order that people expect: web-2 before web-10. */
const collator = new Intl.Collator(undefined, { numeric: true });
const compare = (a: string | number, b: string | number): number =>
  typeof a === "number" && typeof b === "number" ? a - b : collator.compare(String(a), String(b));

function definitions<T extends object>(columns: readonly Column<T>[]): ColumnDef<Features, T>[] {
  return columns.map(({ id, sort }) => ({
    id,
    accessorFn: (row) => sort?.(row),
    enableSorting: sort !== undefined,
    sortFn: (a, b) => (sort ? compare(sort(a.original), sort(b.original)) : 0),
  }));
}

export function Table<T extends object>(props: TableProps<T>) {
  const { label, rows, columns, id, name, selection, order } = props;
  const text = useText();
  const defined = useMemo(() => definitions(columns), [columns]);
  const initial = useMemo(() => (order ? [{ id: order.by, desc: order.down ?? false }] : []), [order]);
  const table = useTable<Features, T>({
    features,
    columns: defined,
    data: rows as T[],
    getRowId: id,
    initialState: { sorting: initial },
    state: { rowSelection: selection?.ids ?? none },
    onRowSelectionChange: (next) =>
      selection?.change(typeof next === "function" ? next(selection.ids) : next),
  });
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
                checked={table.getIsAllRowsSelected()}
                indeterminate={table.getIsSomeRowsSelected()}
                onChange={table.getToggleAllRowsSelectedHandler()}
              />
            </div>
          )}
          {columns.map((column) => (
            <Head key={column.id} column={column} handle={table.getColumn(column.id)} />
          ))}
        </div>
      </div>
      <TableRows
        rows={table.getRowModel().rows}
        columns={columns}
        name={name ?? id}
        selects={selection !== undefined}
      />
    </div>
  );
}

const none: RowSelectionState = {};

interface HeadProps<T> {
  readonly column: Column<T>;
  readonly handle: SortHandle | undefined;
}

interface SortHandle {
  getIsSorted(): false | "asc" | "desc";
  toggleSorting(descending?: boolean): void;
}

function Head<T>({ column, handle }: HeadProps<T>) {
  const text = useText();
  const sorted = column.sort ? (handle?.getIsSorted() ?? false) : false;
  const names = cellStyle(column);
  const state = { asc: "ascending", desc: "descending" } as const;
  if (!column.sort || !handle) {
    return (
      <div className={names} role="columnheader">
        {column.header === "" ? <span className="unseen">{text.common.actions}</span> : column.header}
      </div>
    );
  }
  return (
    <div className={names} role="columnheader" aria-sort={sorted === false ? "none" : state[sorted]}>
      <button
        type="button"
        className={style["sort"]}
        aria-label={text.common.sortBy(column.header)}
        onClick={() => handle.toggleSorting(sorted === "asc")}
      >
        {column.header}
        {sorted === "asc" && <IconArrowUp size={12} />}
        {sorted === "desc" && <IconArrowDown size={12} />}
      </button>
    </div>
  );
}

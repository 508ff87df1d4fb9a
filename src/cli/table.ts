/** Tables of text: a header, columns as wide as their widest cell, no lines. */
import { fit, printable, width } from "./printable.ts";

export interface Column<T> {
  readonly title: string;
  readonly cell: (item: T) => string;
  readonly align?: "left" | "right";
  /** Colours a cell after it was measured. */
  readonly paint?: (shown: string, item: T) => string;
}

export interface TableStyle {
  /** Columns of the terminal; the last column is cut to fit. None: nothing is cut. */
  readonly columns?: number | undefined;
  /** Paints the header. */
  readonly header?: (text: string) => string;
}

const gap = "  ";

/** Lines of the table, the header first. */
export function table<T>(
  items: readonly T[],
  columns: readonly Column<T>[],
  style: TableStyle = {},
): string[] {
  const cells = items.map((item) => columns.map((column) => printable(column.cell(item))));
  const widths = columns.map((column, index) =>
    Math.max(width(column.title), ...cells.map((row) => width(row[index] ?? ""))),
  );
  const last = columns.length - 1;
  const before = widths.slice(0, last).reduce((sum, each) => sum + each + gap.length, 0);
  const room = style.columns === undefined ? Infinity : Math.max(8, style.columns - before);

  const place = (shown: string, index: number, paint: (text: string) => string): string => {
    const text = index === last ? fit(shown, room) : shown;
    const space = " ".repeat(Math.max(0, (widths[index] ?? 0) - width(text)));
    if (columns[index]?.align === "right") return space + paint(text);
    return index === last ? paint(text) : paint(text) + space;
  };
  const header = columns.map((column, index) => place(column.title, index, style.header ?? String));
  const rows = cells.map((row, at) =>
    row.map((shown, index) =>
      place(shown, index, (text) => columns[index]?.paint?.(text, items[at] as T) ?? text),
    ),
  );
  return [header, ...rows].map((row) => row.join(gap).trimEnd());
}

/** Lines of "name  value", for showing one thing. Values of several lines are indented under the first. */
export function sheet(
  rows: readonly (readonly [name: string, value: string])[],
  paint: (text: string) => string = String,
): string[] {
  const widest = Math.max(0, ...rows.map(([name]) => width(name)));
  return rows.flatMap(([name, value]) => {
    const [first = "", ...rest] = printable(value, true).split("\n");
    const label = paint(name) + " ".repeat(widest - width(name));
    return [`${label}${gap}${first}`.trimEnd(), ...rest.map((line) => " ".repeat(widest) + gap + line)];
  });
}

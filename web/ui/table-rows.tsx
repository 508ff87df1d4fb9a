/** The rows of a table: all of them where they are few, else those that are in sight. */
import { Suspense, type ComponentType } from "react";
import { later } from "../later.ts";
import { OneRow, useChoose, type RowsProps } from "./table-row.tsx";

/** As many rows are no trouble to a browser. */
const few = 60;

/** What finds out which rows are in sight comes with the first table that is long. It forgets whose rows they are. */
const { Part: RowsInSight } = later(
  async () => (await import("./rows-in-sight.tsx")).RowsInSight as ComponentType<RowsProps<object>>,
);

export function TableRows<T extends object>(props: RowsProps<T>) {
  if (props.rows.length <= few) return <AllRows {...props} />;
  return (
    <Suspense>
      <RowsInSight {...(props as unknown as RowsProps<object>)} />
    </Suspense>
  );
}

function AllRows<T extends object>({ rows, selection, ...rest }: RowsProps<T>) {
  const choose = useChoose(selection);
  return (
    <div role="rowgroup">
      {rows.map((row, at) => (
        <OneRow
          key={rest.id(row)}
          row={row}
          at={at}
          chosen={selection && selection.ids[rest.id(row)] === true}
          choose={choose}
          {...rest}
        />
      ))}
    </div>
  );
}

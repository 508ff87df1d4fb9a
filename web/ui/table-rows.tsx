/** The rows of a table: all of them where they are few, else those that are in sight. */
import { lazy, Suspense } from "react";
import { OneRow, type RowsProps } from "./table-row.tsx";

/** As many rows are no trouble to a browser. */
const few = 60;

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

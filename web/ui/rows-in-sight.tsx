/** The rows of a long table: those alone that are in sight, and a few more, are in the page. */
import { useVirtualizer } from "@tanstack/react-virtual";
import { useLayoutEffect, useRef, useState } from "react";
import { OneRow, scrollerId, useChoose, type RowsProps } from "./table-row.tsx";
import style from "./table.module.css";

const rowHeight = 40;

export function RowsInSight<T extends object>({ rows, selection, ...rest }: RowsProps<T>) {
  const choose = useChoose(selection);
  const group = useRef<HTMLDivElement>(null);
  const [margin, setMargin] = useState(0);
  const idAt = (at: number) => (rows[at] ? rest.id(rows[at]) : at);
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
    getItemKey: (at) => idAt(at),
    overscan: 12,
    scrollMargin: margin,
  });
  const height = { height: virtualizer.getTotalSize(), position: "relative" } as const;
  return (
    <div ref={group} role="rowgroup" className={style["virtual"]} style={height}>
      {virtualizer.getVirtualItems().map(({ index, start }) => {
        const row = rows[index];
        if (!row) return undefined;
        const key = idAt(index);
        const chosen = selection && selection.ids[key] === true;
        const its = { row, at: index, top: start - margin, chosen, choose };
        return <OneRow key={key} {...its} {...rest} />;
      })}
    </div>
  );
}

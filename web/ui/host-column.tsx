/** Where each of a cluster's things is; nothing on a single host. */
import { Link } from "react-router";
import type { Column } from "./column.ts";

export interface OnHost {
  readonly host?: string;
}

export const inCluster = (rows: readonly OnHost[] | undefined): boolean =>
  rows?.some(({ host }) => host !== undefined) ?? false;

/** The names of the hosts that these are on. */
export const distinctHosts = (rows: readonly OnHost[] = []): readonly string[] =>
  [...new Set(rows.flatMap(({ host }) => host ?? []))].toSorted();

/** To be spread among the columns. */
export function hostColumn<T extends OnHost>(header: string, shown: boolean): readonly Column<T>[] {
  if (!shown) return [];
  return [
    {
      id: "host",
      header,
      width: "minmax(64px, 1fr)",
      wide: true,
      sort: ({ host = "" }) => host,
      cell: ({ host }) =>
        host !== undefined && (
          <Link className="soft" to={`/hosts/${host}`}>
            {host}
          </Link>
        ),
    },
  ];
}

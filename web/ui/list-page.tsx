/** A page that is one list: what there is, or that there is nothing yet, and the button that makes one. */
import { Button } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { Awaited } from "./awaited.tsx";
import { Empty } from "./empty.tsx";
import { Page } from "./page.tsx";
import { Table, type TableProps } from "./table.tsx";

interface ListPageProps<T> extends Omit<TableProps<T>, "label" | "rows"> {
  readonly text: {
    readonly title: string;
    readonly add: string;
    readonly empty: string;
    readonly emptyHint: string;
  };
  readonly read: { readonly data: readonly T[] | undefined } & Omit<Parameters<typeof Awaited>[0], "data">;
  /** Makes one; nothing where whoever looks may not. */
  readonly add?: (() => void) | false | undefined;
  /** What has to be known of the list, above it. */
  readonly notice?: ReactNode;
  /** What follows: dialogs, and what else is listed. */
  readonly children?: ReactNode;
}

export function ListPage<T extends object>({
  text,
  read,
  add,
  notice,
  children,
  ...table
}: ListPageProps<T>) {
  const { data, error, refetch } = read;
  const button = add && (
    <Button leftSection={<IconPlus size={14} />} onClick={add}>
      {text.add}
    </Button>
  );
  return (
    <Page title={text.title} actions={data?.length === 0 ? undefined : button}>
      {notice}
      <Awaited data={data} error={error} refetch={refetch} />
      {data?.length === 0 && <Empty title={text.empty} hint={text.emptyHint} action={button} />}
      {data && data.length > 0 && <Table {...table} label={text.title} rows={data} />}
      {children}
    </Page>
  );
}

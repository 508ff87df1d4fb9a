/** A guest's section of things of the host's that an admin of the host gives it. */
import { Button } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { useState, type ReactNode } from "react";
import type { Schemas } from "#contract/schemas";
import { may, statesFor } from "../../data/guest-action.ts";
import { useMayOnHost } from "../../data/session.tsx";
import { useText } from "../../text/use-text.tsx";
import type { Column } from "../../ui/column.ts";
import { Card, Section } from "../../ui/page.tsx";
import { Table } from "../../ui/table.tsx";

interface OfHostProps<Row extends object> {
  readonly guest: Schemas["Guest"];
  /** What the guest's state has to allow for one to be added. */
  readonly needs: "add-share" | "add-device";
  readonly words: Readonly<Record<"title" | "hint" | "empty" | "add", string>>;
  readonly rows: readonly Row[];
  readonly columns: readonly Column<Row>[];
  readonly id: (row: Row) => string;
  /** The dialog that adds one. */
  readonly dialog: (close: () => void) => ReactNode;
}

export function OfHost<Row extends object>({
  guest,
  needs,
  words,
  rows,
  columns,
  id,
  dialog,
}: OfHostProps<Row>) {
  const text = useText();
  const [adding, setAdding] = useState(false);
  const ofHost = useMayOnHost("admin");
  const allowed = may(needs, guest);
  const button = ofHost && (
    <Button
      variant="default"
      leftSection={<IconPlus size={14} />}
      disabled={!allowed}
      {...(allowed ? {} : { title: text.actions.notIn(words.add, statesFor(needs, text)) })}
      onClick={() => setAdding(true)}
    >
      {words.add}
    </Button>
  );
  return (
    <>
      <Section title={words.title} hint={words.hint} actions={button}>
        {rows.length === 0 ? (
          <Card>
            <span className="soft">{words.empty}</span>
          </Card>
        ) : (
          <Table label={words.title} rows={rows} columns={columns} id={id} />
        )}
      </Section>
      {adding && dialog(() => setAdding(false))}
    </>
  );
}

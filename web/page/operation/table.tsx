/** Operations in a table: what runs with its progress, what failed with why. */
import { Button } from "@mantine/core";
import { useMemo, useState } from "react";
import { Link } from "react-router";
import { hasEnded, type Operation } from "#contract/operation";
import { useQueryClient } from "@tanstack/react-query";
import { putObject } from "../../data/apply.ts";
import { useChange } from "../../data/change.ts";
import { progressOf, targetId } from "../../data/operations.ts";
import { guestPath } from "../../data/project.ts";
import { useRead } from "../../data/query.ts";
import type { Messages } from "../../text/en.ts";
import { span } from "../../text/format.ts";
import { useLanguage, useText } from "../../text/use-text.tsx";
import { Failure } from "../../ui/failure.tsx";
import { hostColumn, inCluster } from "../../ui/host-column.tsx";
import { Meter } from "../../ui/meter.tsx";
import { Facts } from "../../ui/page.tsx";
import { OperationStatus } from "../../ui/state.tsx";
import type { Column } from "../../ui/column.ts";
import { Table } from "../../ui/table.tsx";
import tableStyle from "../../ui/table.module.css";
import { Since } from "../../ui/time.tsx";
import { Dialog } from "../../ui/dialog.tsx";

const idOf = ({ id }: Operation): string => id;

export const nameOf = (operation: Operation, text: Messages): string =>
  text.operations.kinds[operation.kind] ?? operation.kind;

const took = ({ startedAt, endedAt }: Operation): number | undefined =>
  endedAt === undefined ? undefined : Date.parse(endedAt) - Date.parse(startedAt);

export function OperationTable({ operations }: { readonly operations: readonly Operation[] }) {
  const { text, language } = useLanguage();
  const [opened, setOpened] = useState<string>();
  const clustered = inCluster(operations);
  const columns = useMemo(
    (): readonly Column<Operation>[] => [
      {
        id: "what",
        header: text.operations.what,
        width: "minmax(130px, 1.2fr)",
        cell: (operation) => (
          <button type="button" className={tableStyle["plain"]} onClick={() => setOpened(operation.id)}>
            {nameOf(operation, text)}
          </button>
        ),
      },
      {
        id: "target",
        header: text.operations.target,
        width: "minmax(90px, 1fr)",
        wide: true,
        cell: (operation) => <Targets operation={operation} />,
      },
      ...hostColumn<Operation>(text.guests.host, clustered),
      {
        id: "status",
        header: text.common.state,
        width: "minmax(90px, 110px)",
        cell: ({ status }) => <OperationStatus status={status} />,
      },
      {
        id: "progress",
        header: text.operations.progress,
        width: "minmax(120px, 1.6fr)",
        wide: true,
        cell: (operation) => <Progress operation={operation} />,
      },
      {
        id: "by",
        header: text.operations.by,
        width: "minmax(80px, 120px)",
        wide: "very",
        cell: ({ actor }) => <span className="soft">{actor}</span>,
      },
      {
        id: "started",
        header: text.operations.started,
        width: "110px",
        end: true,
        wide: true,
        cell: ({ startedAt }) => (
          <span className="soft">
            <Since at={startedAt} />
          </span>
        ),
      },
      {
        id: "took",
        header: text.operations.took,
        width: "80px",
        end: true,
        cell: (operation) => {
          const length = took(operation);
          return <span className="number soft">{length === undefined ? "" : span(length, language)}</span>;
        },
      },
    ],
    [text, language, clustered],
  );
  const shown = operations.find(({ id }) => id === opened);
  return (
    <>
      <Table label={text.operations.title} rows={operations} columns={columns} id={idOf} />
      <Dialog
        opened={shown !== undefined}
        onClose={() => setOpened(undefined)}
        title={shown && nameOf(shown, text)}
        size="lg"
      >
        {shown && <Details operation={shown} />}
      </Dialog>
    </>
  );
}

function Progress({ operation }: { readonly operation: Operation }) {
  const text = useText();
  if (operation.error) return <span title={operation.error.message}>{operation.error.message}</span>;
  // What a finished one did last says nothing any more.
  if (hasEnded(operation)) return null;
  const steps = text.operations.steps(operation.stepsDone.length, operation.stepCount);
  return (
    <div title={operation.progress.message || steps}>
      <Meter label={nameOf(operation, text)} share={progressOf(operation)} busy />
    </div>
  );
}

/** The guest by its name, as long as there is one; else what the target says. */
function Targets({ operation }: { readonly operation: Operation }) {
  const guests = useRead("guestList").data;
  const target = operation.targets.find((each) => each.startsWith("guest:")) ?? operation.targets[0];
  if (target === undefined) return null;
  const guest = guests?.find(({ id }) => id === targetId(target));
  if (guest) {
    return (
      <Link className={tableStyle["link"]} to={guestPath(guest)}>
        {guest.name}
      </Link>
    );
  }
  return <span className="mono soft">{targetId(target)}</span>;
}

function Details({ operation }: { readonly operation: Operation }) {
  const { text, language } = useLanguage();
  const t = text.operations;
  const queries = useQueryClient();
  const cancel = useChange("operationCancel");
  const length = took(operation);
  return (
    <>
      <Facts
        of={[
          [text.common.state, <OperationStatus status={operation.status} />],
          [t.progress, operation.progress.message],
          [t.steps(operation.stepsDone.length, operation.stepCount), operation.stepsDone.join(", ")],
          [t.target, <Targets operation={operation} />],
          [t.started, <Since at={operation.startedAt} />],
          [t.took, length === undefined ? undefined : span(length, language)],
          [t.by, operation.actor],
          [text.guest.id, <span className="mono">{operation.id}</span>],
        ]}
      />
      {operation.error && (
        <div style={{ marginTop: 16 }}>
          <Failure error={operation.error} />
        </div>
      )}
      {!hasEnded(operation) && operation.cancellable && (
        <Button
          variant="default"
          mt="md"
          loading={cancel.isPending}
          onClick={() =>
            cancel.mutate(
              { params: { operation: operation.id } },
              { onSuccess: (changed) => putObject(queries, "operation", changed) },
            )
          }
        >
          {t.cancel}
        </Button>
      )}
    </>
  );
}

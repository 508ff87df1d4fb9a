/** One snapshot in the tree, or the place where the guest is. */
import { ActionIcon, Button, Group, Menu } from "@mantine/core";
import { IconDots } from "@tabler/icons-react";
import type { Schemas } from "#contract/schemas";
import type { TreeRow } from "#contract/snapshot-tree";
import { may, statesFor } from "../../data/guest-action.ts";
import { bytes } from "../../text/format.ts";
import { useLanguage, useText } from "../../text/use-text.tsx";
import { Since } from "../../ui/time.tsx";
import style from "./snapshots.module.css";

type Snapshot = Schemas["Snapshot"];

export type Doing = "restore" | "fork" | "edit";

interface RowProps {
  readonly row: TreeRow<Snapshot>;
  /** The row below. */
  readonly next: TreeRow<Snapshot> | undefined;
  readonly guest: Schemas["Guest"];
  run(doing: Doing, snapshot: Snapshot): void;
  remove(snapshot: Snapshot): void;
}

/** Does a line lead down from it, to what goes on from it or branches off? */
const goesOn = ({ depth }: TreeRow<Snapshot>, next: TreeRow<Snapshot> | undefined): boolean =>
  next !== undefined && (next.depth > depth || (next.depth === depth && !next.branches));

/** Branches deeper than this are drawn no further to the right: a phone has no room for them. */
const deepest = 6;

export function SnapshotRow({ row, next, guest, run, remove }: RowProps) {
  const t = useText().snapshots;
  const { snapshot, branches } = row;
  const depth = Math.min(row.depth, deepest);
  return (
    <li className={style["row"]} style={{ "--depth": depth } as React.CSSProperties}>
      <span className={style["rails"]} aria-hidden="true">
        {Array.from({ length: depth }, (_, at) => (
          <span
            key={at}
            className={branches && at === depth - 1 ? `${style["rail"]} ${style["branch"]}` : style["rail"]}
          />
        ))}
        <span
          className={style["dot"]}
          data-begins={branches || undefined}
          data-ends={!goesOn(row, next) || undefined}
          data-here={!snapshot || undefined}
        />
      </span>
      {snapshot ? (
        <>
          <About snapshot={snapshot} />
          <Buttons snapshot={snapshot} guest={guest} run={run} remove={remove} />
        </>
      ) : (
        <span className={style["here"]}>{t.here}</span>
      )}
    </li>
  );
}

function About({ snapshot }: { readonly snapshot: Snapshot }) {
  const { text, language } = useLanguage();
  const t = text.snapshots;
  const { name, description, createdAt, size, shared, memorySize, consistency } = snapshot;
  return (
    <div className={style["about"]}>
      <div className={style["head"]}>
        <b>{name}</b>
        <span className="soft">
          <Since at={createdAt} />
        </span>
        <span className={style["how"]}>{t.consistency[consistency]}</span>
      </div>
      {description !== "" && <div>{description}</div>}
      <div className={`${style["sizes"]} soft number`}>
        <span>{t.own(bytes(size, language))}</span>
        {shared > 0 && <span>{t.shared(bytes(shared, language))}</span>}
        {memorySize !== undefined && <span>{t.memory(bytes(memorySize, language))}</span>}
      </div>
    </div>
  );
}

function Buttons({
  snapshot,
  guest,
  run,
  remove,
}: Omit<RowProps, "row" | "next"> & { readonly snapshot: Snapshot }) {
  const text = useText();
  const t = text.snapshots;
  const restorable = may("force-restore", guest);
  const why = text.actions.notIn(t.restore, statesFor("force-restore", text));
  return (
    <Group gap={4} wrap="nowrap" className={style["buttons"] ?? ""}>
      <Button
        size="compact-xs"
        variant="default"
        disabled={!restorable}
        aria-label={`${t.restore}: ${snapshot.name}`}
        {...(restorable ? {} : { title: why })}
        onClick={() => run("restore", snapshot)}
      >
        {t.restore}
      </Button>
      <Menu position="bottom-end" withinPortal>
        <Menu.Target>
          <ActionIcon variant="default" size={22} aria-label={t.more(snapshot.name)}>
            <IconDots size={14} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item onClick={() => run("fork", snapshot)}>{t.fork}</Menu.Item>
          <Menu.Item onClick={() => run("edit", snapshot)}>{t.edit}</Menu.Item>
          <Menu.Divider />
          <Menu.Item c="var(--bad)" disabled={!may("snapshot", guest)} onClick={() => remove(snapshot)}>
            {t.remove}
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
    </Group>
  );
}

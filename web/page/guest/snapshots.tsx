/** A guest's snapshots: a tree, and where in it the guest is. */
import { Button } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconCamera } from "@tabler/icons-react";
import { Suspense, useState } from "react";
import type { Schemas } from "#contract/schemas";
import { treeRows } from "#contract/snapshot-tree";
import { useChange } from "../../data/change.ts";
import { may } from "../../data/guest-action.ts";
import { useRead } from "../../data/query.ts";
import { later } from "../../later.ts";
import { useText } from "../../text/use-text.tsx";
import { Confirm } from "../../ui/confirm.tsx";
import { Empty } from "../../ui/empty.tsx";
import { Failure } from "../../ui/failure.tsx";
import { Loading } from "../../ui/loading.tsx";
import { Section } from "../../ui/page.tsx";
import type { Question } from "../../ui/question.ts";
import { SnapshotRow, type Doing } from "./snapshot-row.tsx";
import style from "./snapshots.module.css";

type Snapshot = Schemas["Snapshot"];

const dialogs = () => import("./snapshot-dialogs.tsx");
const { Part: Take } = later(async () => (await dialogs()).TakeSnapshot);
const { Part: Restore } = later(async () => (await dialogs()).RestoreSnapshot);
const { Part: Fork } = later(async () => (await dialogs()).ForkSnapshot);
const { Part: Edit } = later(async () => (await dialogs()).EditSnapshot);

export function Snapshots({ guest }: { readonly guest: Schemas["Guest"] }) {
  const text = useText();
  const t = text.snapshots;
  const { data, error, refetch } = useRead("snapshotList", { params: { guest: guest.id } });
  const [taking, take] = useDisclosure();
  const [chosen, setChosen] = useState<{ readonly doing: Doing; readonly snapshot: Snapshot }>();
  const [asked, setAsked] = useState<Question>();
  const remove = useChange("snapshotDelete").mutate;
  const close = () => setChosen(undefined);
  const ask = ({ id, name }: Snapshot) =>
    setAsked({
      title: t.removeTitle(name),
      warning: t.removeWarning,
      action: t.remove,
      name,
      confirm: () => remove({ params: { guest: guest.id, snapshot: id } }),
    });
  const takeButton = (
    <Button leftSection={<IconCamera size={14} />} disabled={!may("snapshot", guest)} onClick={take.open}>
      {t.take}
    </Button>
  );
  const rows = data && treeRows(data, guest.snapshot);
  return (
    <>
      <Section title={t.title} hint={t.hint} {...(data?.length ? { actions: takeButton } : {})}>
        {error && !data && <Failure error={error} retry={() => void refetch()} />}
        {!error && !data && <Loading />}
        {rows?.length === 0 && <Empty title={t.empty} hint={t.emptyHint} action={takeButton} />}
        {rows !== undefined && rows.length > 0 && (
          <ul className={style["tree"]} aria-label={t.title}>
            {rows.map((row, at) => (
              <SnapshotRow
                key={row.snapshot?.id ?? "here"}
                row={row}
                next={rows[at + 1]}
                guest={guest}
                run={(doing, snapshot) => setChosen({ doing, snapshot })}
                remove={ask}
              />
            ))}
          </ul>
        )}
      </Section>
      <Suspense>
        {taking && <Take guest={guest} close={take.close} />}
        {chosen?.doing === "restore" && <Restore guest={guest} snapshot={chosen.snapshot} close={close} />}
        {chosen?.doing === "fork" && <Fork guest={guest} snapshot={chosen.snapshot} close={close} />}
        {chosen?.doing === "edit" && <Edit guest={guest} snapshot={chosen.snapshot} close={close} />}
      </Suspense>
      <Confirm question={asked} close={() => setAsked(undefined)} />
    </>
  );
}

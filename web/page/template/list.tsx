/** Templates: what waits for forks, and what all of them may take of the host. */
import { Button, Group, NumberInput, Select } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useMemo, useState } from "react";
import type { Schemas } from "#contract/schemas";
import { useChange } from "../../data/change.ts";
import { usual } from "../../data/forecast.ts";
import { useRead } from "../../data/query.ts";
import { useMay } from "../../data/session.tsx";
import type { Messages } from "../../text/en.ts";
import { bytes } from "../../text/format.ts";
import { useLanguage, useText } from "../../text/use-text.tsx";
import { FormEnd } from "../../ui/form-end.tsx";
import { Confirm } from "../../ui/confirm.tsx";
import type { Question } from "../../ui/question.ts";
import { ListPage } from "../../ui/list-page.tsx";
import { hostColumn, inCluster } from "../../ui/host-column.tsx";
import { Unanswered } from "../../ui/unanswered.tsx";
import { Dot } from "../../ui/state.tsx";
import type { Column } from "../../ui/column.ts";
import { Since } from "../../ui/time.tsx";
import { Budget } from "./budget.tsx";
import { Dialog } from "../../ui/dialog.tsx";

type Template = Schemas["Template"];
const lists = ["templateList"] as const;
const idOf = ({ id }: Template): string => id;
const tones = { building: "busy", parked: "good", evicted: "idle", stale: "warn" } as const;

function templateColumns(
  text: Messages,
  language: string,
  clustered: boolean,
  remove: ((template: Template) => void) | undefined,
): readonly Column<Template>[] {
  const t = text.templates;
  const size = (value: number) => <span className="number">{bytes(value, language)}</span>;
  return [
    {
      id: "image",
      header: t.image,
      width: "minmax(110px, 1.4fr)",
      cell: ({ imageName }) => <b>{imageName}</b>,
    },
    ...hostColumn<Template>(text.guests.host, clustered),
    {
      id: "state",
      header: text.common.state,
      width: "minmax(90px, 1fr)",
      cell: ({ state, reason }) => (
        <span title={reason}>
          <Dot tone={tones[state]}>{t.states[state]}</Dot>
        </span>
      ),
    },
    {
      id: "size",
      header: t.size,
      width: "120px",
      wide: true,
      cell: ({ cpus, memory }) => <span className="number">{`${cpus} × ${bytes(memory, language)}`}</span>,
    },
    {
      id: "resident",
      header: t.resident,
      width: "110px",
      end: true,
      wide: true,
      cell: (one) => size(one.resident),
    },
    { id: "stored", header: t.stored, width: "90px", end: true, wide: true, cell: (one) => size(one.stored) },
    { id: "guests", header: t.guests, width: "70px", end: true, wide: true, cell: ({ guests }) => guests },
    {
      id: "used",
      header: t.used,
      width: "110px",
      end: true,
      wide: true,
      cell: ({ usedAt }) => (
        <span className="soft">
          <Since at={usedAt} />
        </span>
      ),
    },
    ...(remove ? [removal(t.remove, remove)] : []),
  ];
}

const removal = (label: string, remove: (template: Template) => void): Column<Template> => ({
  id: "do",
  header: "",
  width: "86px",
  end: true,
  cell: (template) => (
    <Button
      size="compact-xs"
      variant="default"
      aria-label={`${label}: ${template.imageName}`}
      onClick={() => remove(template)}
    >
      {label}
    </Button>
  ),
});

export function TemplateList() {
  const { text, language } = useLanguage();
  const t = text.templates;
  const read = useRead("templateList");
  const clustered = inCluster(read.data);
  const may = useMay("operator");
  const [asked, setAsked] = useState<Question>();
  const [parking, park] = useDisclosure();
  const remove = useChange("templateDelete").mutate;
  const columns = useMemo(
    () =>
      templateColumns(
        text,
        language,
        clustered,
        may
          ? ({ id, imageName }) =>
              setAsked({
                title: t.removeTitle(imageName),
                warning: t.removeWarning,
                action: t.remove,
                confirm: () => remove({ params: { template: id } }),
              })
          : undefined,
      ),
    [text, language, clustered, t, remove, may],
  );
  return (
    <ListPage
      text={{ ...t, add: t.park }}
      read={read}
      add={may && park.open}
      notice={<Unanswered of={lists} />}
      columns={columns}
      id={idOf}
    >
      {clustered && <p className="soft">{text.hosts.budgets}</p>}
      {(read.data ?? read.error) && !clustered && <Budget />}
      <Park opened={parking} close={park.close} />
      <Confirm question={asked} close={() => setAsked(undefined)} />
    </ListPage>
  );
}

const MiB = 1024 ** 2;

function Park({ opened, close }: { readonly opened: boolean; close(): void }) {
  const text = useText();
  const t = text.templates;
  const images = (useRead("imageList").data ?? []).filter(({ kind }) => kind === "disk");
  const [image, setImage] = useState<string | null>(null);
  const [cpus, setCpus] = useState<number>(usual.cpus);
  const [memory, setMemory] = useState(usual.memory / MiB);
  const { mutate, error, isPending } = useChange("templateBuild", { quiet: true });
  const chosen = image ?? images[0]?.name ?? "";
  return (
    <Dialog opened={opened} onClose={close} title={t.park} size="sm">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          mutate({ body: { image: chosen, cpus, memory: memory * MiB } }, { onSuccess: close });
        }}
      >
        <p className="soft">{t.parkHint}</p>
        <Select
          mt="md"
          label={t.image}
          data={images.map(({ name }) => name)}
          allowDeselect={false}
          value={chosen || null}
          onChange={setImage}
        />
        <Group grow mt="md">
          <NumberInput
            label={text.create.cpus}
            min={1}
            max={255}
            value={cpus}
            onChange={(value) => setCpus(Number(value) || 1)}
          />
          <NumberInput
            label={text.create.memory}
            min={16}
            step={256}
            value={memory}
            onChange={(value) => setMemory(Number(value) || 512)}
          />
        </Group>
        <FormEnd action={t.park} close={close} error={error} pending={isPending} disabled={chosen === ""} />
      </form>
    </Dialog>
  );
}

/** Images: what guests are made of, and what is just being made. */
import { ActionIcon, Button, Menu } from "@mantine/core";
import { IconDots, IconPlus } from "@tabler/icons-react";
import { useMemo, useState } from "react";
import { Link, useSearchParams } from "react-router";
import type { Schemas } from "#contract/schemas";
import { useChange } from "../../data/change.ts";
import { progressOf, useRunning } from "../../data/operations.ts";
import { useRead } from "../../data/query.ts";
import { useMay } from "../../data/session.tsx";
import type { Messages } from "../../text/en.ts";
import { bytes } from "../../text/format.ts";
import { useLanguage, useText } from "../../text/use-text.tsx";
import { Awaited } from "../../ui/awaited.tsx";
import { Confirm } from "../../ui/confirm.tsx";
import type { Question } from "../../ui/question.ts";
import { Empty } from "../../ui/empty.tsx";
import { Meter } from "../../ui/meter.tsx";
import { Card, Page, Section } from "../../ui/page.tsx";
import type { Column } from "../../ui/column.ts";
import { Table } from "../../ui/table.tsx";
import { Since } from "../../ui/time.tsx";
import { nameOf } from "../operation/table.tsx";
import { ChooseFiles, DropAnywhere } from "./drop.tsx";
import { GetImage } from "./get.tsx";
import { Uploads, useUploads } from "./uploads.tsx";

type Image = Schemas["Image"];
const idOf = ({ id }: Image): string => id;
const byName = { by: "name" } as const;

function sourceOf({ source }: Image, text: Messages): string {
  if ("recipe" in source) return text.images.fromRecipe(source.recipe);
  if ("guest" in source) return text.images.fromGuest(source.guest);
  return "url" in source ? source.url : source.file;
}

export function ImageList() {
  const { text, language } = useLanguage();
  const t = text.images;
  const { data, error, refetch } = useRead("imageList");
  const [params, setParams] = useSearchParams();
  const [asked, setAsked] = useState<Question>();
  const remove = useChange("imageDelete").mutate;
  const columns = useMemo(
    () =>
      imageColumns(text, language, (image) =>
        setAsked({
          title: t.removeTitle(image.name),
          warning: t.removeWarning,
          action: t.remove,
          name: image.name,
          confirm: () => remove({ params: { image: image.id } }),
        }),
      ),
    [text, language, t, remove],
  );
  const get = (
    <Button leftSection={<IconPlus size={14} />} onClick={() => setParams({ get: "recipe" })}>
      {t.get}
    </Button>
  );
  const may = useMay("operator");
  const actions = (
    <>
      {may && <ChooseFiles>{text.uploads.upload}</ChooseFiles>}
      {data?.length === 0 ? null : get}
    </>
  );
  return (
    <Page title={t.title} actions={actions}>
      {may && <DropAnywhere />}
      {may && <Uploads />}
      <BeingMade />
      <Awaited data={data} error={error} refetch={refetch} />
      {data?.length === 0 && <Empty title={t.empty} hint={t.emptyHint} action={get} />}
      {data && data.length > 0 && (
        <Table label={t.title} rows={data} columns={columns} id={idOf} order={byName} />
      )}
      <GetImage opened={params.has("get")} close={() => setParams({}, { replace: true })} />
      <Confirm question={asked} close={() => setAsked(undefined)} />
    </Page>
  );
}

/** Builds and downloads that run; what was sent from here shows its own. */
function BeingMade() {
  const text = useText();
  const shown = new Set(
    useUploads().flatMap(({ state }) => (state.is === "importing" ? [state.operation] : [])),
  );
  const running = useRunning().filter(({ id, kind }) => kind.startsWith("image.") && !shown.has(id));
  if (running.length === 0) return null;
  return (
    <Section title={text.images.under}>
      {running.map((operation) => (
        <Card key={operation.id}>
          <p>
            <b>{nameOf(operation, text)}</b> <span className="soft">{operation.progress.message}</span>
          </p>
          <Meter label={nameOf(operation, text)} share={progressOf(operation)} busy />
        </Card>
      ))}
    </Section>
  );
}

const newOf = (image: string): string => `/guests/new?image=${encodeURIComponent(image)}`;

function imageColumns(
  text: Messages,
  language: string,
  remove: (image: Image) => void,
): readonly Column<Image>[] {
  const t = text.images;
  const size = (value: number) => <span className="number">{bytes(value, language)}</span>;
  return [
    {
      id: "name",
      header: text.common.name,
      width: "minmax(130px, 1.4fr)",
      sort: ({ name }) => name,
      cell: ({ name, description }) => <b title={description}>{name}</b>,
    },
    {
      id: "kind",
      header: t.kind,
      width: "64px",
      sort: ({ kind }) => kind,
      cell: ({ kind }) => (kind === "iso" ? t.kindIso : t.kindDisk),
    },
    {
      id: "source",
      header: t.source,
      width: "minmax(120px, 1.4fr)",
      wide: true,
      cell: (image) => (
        <span className="soft" title={sourceOf(image, text)}>
          {sourceOf(image, text)}
        </span>
      ),
    },
    { id: "agent", header: t.agent, width: "110px", wide: true, cell: ({ agent }) => t.agents[agent] },
    {
      id: "user",
      header: t.user,
      width: "90px",
      wide: true,
      cell: ({ defaultUser = "" }) => <span className="mono">{defaultUser}</span>,
    },
    {
      id: "size",
      header: t.size,
      width: "80px",
      end: true,
      sort: (image) => image.size,
      cell: (image) => size(image.size),
    },
    {
      id: "stored",
      header: t.stored,
      width: "90px",
      end: true,
      wide: true,
      sort: ({ stored }) => stored,
      cell: ({ stored }) => size(stored),
    },
    {
      id: "created",
      header: t.created,
      width: "110px",
      end: true,
      wide: true,
      sort: ({ createdAt }) => -Date.parse(createdAt),
      cell: ({ createdAt }) => (
        <span className="soft">
          <Since at={createdAt} />
        </span>
      ),
    },
    {
      id: "use",
      header: "",
      width: "96px",
      end: true,
      wide: true,
      cell: ({ name }) => (
        <Button
          component={Link}
          to={newOf(name)}
          size="compact-xs"
          variant="default"
          aria-label={`${text.guests.create}: ${name}`}
        >
          {text.guests.create}
        </Button>
      ),
    },
    { id: "menu", header: "", width: "32px", cell: (image) => <ImageMenu image={image} remove={remove} /> },
  ];
}

function ImageMenu({ image, remove }: { readonly image: Image; remove(image: Image): void }) {
  const text = useText();
  const t = text.images;
  const { source } = image;
  const build = useChange("imageBuild").mutate;
  return (
    <Menu>
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" aria-label={`${text.common.actions}: ${image.name}`}>
          <IconDots size={16} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item component={Link} to={newOf(image.name)}>
          {t.use}
        </Menu.Item>
        {"recipe" in source && (
          <Menu.Item
            onClick={() => build({ body: { recipe: source.recipe, name: image.name, rebuild: true } })}
          >
            {t.rebuild}
          </Menu.Item>
        )}
        <Menu.Divider />
        <Menu.Item c="var(--bad)" onClick={() => remove(image)}>
          {t.remove}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

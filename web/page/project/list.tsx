/** Projects: what each holds, and who has a role in it. */
import { ActionIcon, Button, Menu } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconDots, IconPlus } from "@tabler/icons-react";
import { Suspense, useMemo, useState } from "react";
import { defaultProject, roleIn, type Role } from "#contract/access";
import type { Schemas } from "#contract/schemas";
import { useChange } from "../../data/change.ts";
import { useRead } from "../../data/query.ts";
import { useMay, useMayOnHost, useSession } from "../../data/session.tsx";
import { later } from "../../later.ts";
import type { Messages } from "../../text/en.ts";
import { useText } from "../../text/use-text.tsx";
import { Awaited } from "../../ui/awaited.tsx";
import type { Column } from "../../ui/column.ts";
import { Confirm } from "../../ui/confirm.tsx";
import { Empty } from "../../ui/empty.tsx";
import { Page } from "../../ui/page.tsx";
import type { Question } from "../../ui/question.ts";
import { Table } from "../../ui/table.tsx";
import { EditProject } from "./edit.tsx";
import { Members } from "./members.tsx";

type Project = Schemas["Project"];

const { Part: ProjectUsage, ahead } = later(async () => (await import("./usage.tsx")).ProjectUsage);

interface Row extends Project {
  /** What whoever is signed in may do in it. */
  readonly role: Role | undefined;
}

const idOf = ({ name }: Row): string => name;
const byName = { by: "name" } as const;

interface Doing {
  usage(project: Row): void;
  members(project: Row): void;
  describe(project: Row): void;
  /** Undefined where only the host's admins may. */
  readonly remove: ((project: Row) => void) | undefined;
}

export function ProjectList() {
  const text = useText();
  const t = text.projects;
  const { data, error, refetch } = useRead("projectList");
  const { data: me } = useSession();
  const [asked, setAsked] = useState<Question>();
  const [shown, setShown] = useState<Row>();
  const [measured, setMeasured] = useState<Row>();
  const [described, setDescribed] = useState<Row>();
  const [adding, add] = useDisclosure();
  const remove = useChange("projectDelete").mutate;
  const mayMake = useMayOnHost("admin");
  const signedIn = useMay("self");
  const rows = useMemo(
    () => data?.map((project): Row => ({ ...project, role: me && roleIn(me, project.name) })),
    [data, me],
  );
  const columns = useMemo(() => {
    const doing: Doing = {
      usage: setMeasured,
      members: setShown,
      describe: setDescribed,
      remove: mayMake
        ? ({ name }) =>
            setAsked({
              title: t.removeTitle(name),
              warning: t.removeWarning,
              action: t.removeTitle(name),
              name,
              confirm: () => remove({ params: { project: name } }),
            })
        : undefined,
    };
    return projectColumns(text, doing);
  }, [text, t, mayMake, remove]);
  const button = mayMake && (
    <Button leftSection={<IconPlus size={14} />} onClick={add.open}>
      {t.add}
    </Button>
  );
  return (
    <Page title={t.title} actions={button}>
      <Awaited data={rows} error={error} refetch={refetch} />
      {rows && rows.length > 0 && (
        <Table label={t.title} rows={rows} columns={columns} id={idOf} name={idOf} order={byName} />
      )}
      {rows && rows.length < 2 && signedIn && (
        <Empty
          title={rows.length === 0 ? t.none : t.empty}
          hint={rows.length === 0 ? t.noneHint : t.emptyHint}
        />
      )}
      {shown && (
        <Members project={shown.name} may={shown.role === "admin"} close={() => setShown(undefined)} />
      )}
      {measured && (
        <Suspense>
          <ProjectUsage project={measured.name} close={() => setMeasured(undefined)} />
        </Suspense>
      )}
      <EditProject key={String(adding)} opened={adding} close={add.close} />
      {described && <EditProject opened project={described} close={() => setDescribed(undefined)} />}
      <Confirm question={asked} close={() => setAsked(undefined)} />
    </Page>
  );
}

function projectColumns(text: Messages, doing: Doing): readonly Column<Row>[] {
  const t = text.projects;
  return [
    {
      id: "name",
      header: text.common.name,
      width: "minmax(110px, 1fr)",
      sort: idOf,
      cell: ({ name }) => <b>{name}</b>,
    },
    {
      id: "description",
      header: t.about,
      width: "minmax(120px, 2fr)",
      wide: true,
      cell: ({ description }) => <span className="soft">{description}</span>,
    },
    {
      id: "guests",
      header: text.nav.guests,
      width: "80px",
      cell: ({ name }) => <Guests project={name} />,
    },
    {
      id: "role",
      header: t.yourRole,
      width: "minmax(90px, 1fr)",
      cell: ({ role }) => (role ? text.users.roles[role] : ""),
    },
    {
      id: "menu",
      header: "",
      width: "32px",
      cell: (project) => <ProjectActions project={project} doing={doing} />,
    },
  ];
}

function Guests({ project }: { readonly project: string }) {
  const { data } = useRead("guestList", {}, { whole: true });
  return <span className="number">{data?.filter((guest) => guest.project === project).length ?? ""}</span>;
}

function ProjectActions({ project, doing }: { readonly project: Row; readonly doing: Doing }) {
  const text = useText();
  const t = text.projects;
  return (
    <Menu>
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" aria-label={`${text.common.actions}: ${project.name}`}>
          <IconDots size={16} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item onClick={() => doing.usage(project)} onPointerEnter={ahead}>
          {text.quotas.action}
        </Menu.Item>
        <Menu.Item onClick={() => doing.members(project)}>{t.members}</Menu.Item>
        {project.role === "admin" && (
          <Menu.Item onClick={() => doing.describe(project)}>{t.describe}</Menu.Item>
        )}
        {doing.remove && project.name !== defaultProject && (
          <Menu.Item c="var(--bad)" onClick={() => doing.remove?.(project)}>
            {text.common.remove}
          </Menu.Item>
        )}
      </Menu.Dropdown>
    </Menu>
  );
}

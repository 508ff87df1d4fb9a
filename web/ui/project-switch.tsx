/** Which project is looked at, and the way to another; nothing where there is but one. */
import { Button } from "@mantine/core";
import { IconSelector } from "@tabler/icons-react";
import { useEffect } from "react";
import { chooseProject, useProject } from "../data/project.ts";
import { useRead } from "../data/query.ts";
import { later } from "../later.ts";
import { useText } from "../text/use-text.tsx";
import { MenuDoor } from "./menu-door.tsx";

const menu = later(async () => (await import("./project-menu.tsx")).ProjectMenu);

export function ProjectSwitch() {
  const text = useText();
  const projects = useRead("projectList").data;
  const chosen = useProject();
  const isGone = projects !== undefined && !projects.some(({ name }) => name === chosen);
  useEffect(() => {
    if (chosen !== undefined && isGone) chooseProject(undefined);
  }, [chosen, isGone]);
  if (!projects || projects.length < 2) return null;
  const shown = chosen ?? text.shell.allProjects;
  const button = (
    <Button
      variant="default"
      size="compact-md"
      mb={8}
      fw={400}
      fz={13}
      justify="space-between"
      rightSection={<IconSelector size={14} />}
      aria-label={`${text.shell.project}: ${shown}`}
    >
      {shown}
    </Button>
  );
  return <MenuDoor menu={menu} props={{ names: projects.map(({ name }) => name), chosen }} button={button} />;
}

/** The menu of project-switch.tsx. */
import { Menu } from "@mantine/core";
import { IconCheck } from "@tabler/icons-react";
import { useQueryClient } from "@tanstack/react-query";
import { useLocation, useNavigate } from "react-router";
import { chooseProject } from "../data/project.ts";
import { useText } from "../text/use-text.tsx";
import type { MenuProps } from "./menu-door.tsx";
import { OpenedMenu } from "./opened-menu.tsx";

interface ProjectMenuProps extends MenuProps {
  readonly names: readonly string[];
  readonly chosen: string | undefined;
}

export function ProjectMenu({ button, names, chosen }: ProjectMenuProps) {
  const text = useText();
  const queries = useQueryClient();
  const navigate = useNavigate();
  const { pathname } = useLocation();
  function choose(name: string | undefined): void {
    chooseProject(name);
    // A name may be another guest's by now.
    queries.removeQueries({
      predicate: ({ queryKey: [read] }) => read === "guestGet" || read === "imageGet",
    });
    if (/^\/guests\/[^/]/.test(pathname)) void navigate("/guests");
  }
  const item = (name: string | undefined) => (
    <Menu.Item
      key={name ?? ""}
      onClick={() => choose(name)}
      rightSection={name === chosen ? <IconCheck size={14} /> : undefined}
    >
      {name ?? text.shell.allProjects}
    </Menu.Item>
  );
  return (
    <OpenedMenu button={button} position="bottom-start">
      <Menu.Label>{text.shell.project}</Menu.Label>
      {item(undefined)}
      {names.map(item)}
    </OpenedMenu>
  );
}

/** The menu of account.tsx. */
import { Menu } from "@mantine/core";
import { IconKey, IconLogout, IconSettings } from "@tabler/icons-react";
import { Link } from "react-router";
import type { GlobalRole } from "#contract/access";
import { useLeave } from "../data/session.tsx";
import { useText } from "../text/use-text.tsx";
import type { MenuProps } from "./menu-door.tsx";
import { OpenedMenu } from "./opened-menu.tsx";

export function AccountMenu({ button, role }: MenuProps & { readonly role: GlobalRole }) {
  const text = useText();
  const leave = useLeave();
  return (
    <OpenedMenu button={button} position="top-start">
      {role !== "none" && <Menu.Label>{text.users.roles[role]}</Menu.Label>}
      <Menu.Item component={Link} to="/settings" leftSection={<IconSettings size={14} />}>
        {text.nav.settings}
      </Menu.Item>
      <Menu.Item component={Link} to="/tokens" leftSection={<IconKey size={14} />}>
        {text.nav.tokens}
      </Menu.Item>
      <Menu.Item leftSection={<IconLogout size={14} />} onClick={() => void leave()}>
        {text.shell.signOut}
      </Menu.Item>
    </OpenedMenu>
  );
}

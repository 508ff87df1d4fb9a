/** Who is signed in, and the way out. */
import { Button, Menu } from "@mantine/core";
import { IconLogout, IconSettings } from "@tabler/icons-react";
import { Link } from "react-router";
import { useLeave, useSession } from "../data/session.tsx";
import { useText } from "../text/use-text.tsx";

export function Account() {
  const text = useText();
  const leave = useLeave();
  const { data } = useSession();
  if (data?.kind !== "user") return null;
  return (
    <Menu position="top-start">
      <Menu.Target>
        <Button
          variant="subtle"
          color="gray"
          size="compact-sm"
          px={8}
          aria-label={`${text.shell.account}: ${data.user}`}
        >
          {data.user}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>{text.users.roles[data.role]}</Menu.Label>
        <Menu.Item component={Link} to="/settings" leftSection={<IconSettings size={14} />}>
          {text.nav.settings}
        </Menu.Item>
        <Menu.Item leftSection={<IconLogout size={14} />} onClick={() => void leave()}>
          {text.shell.signOut}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

/** Who is signed in, and the way out. */
import { Button } from "@mantine/core";
import { useSession } from "../data/session.tsx";
import { later } from "../later.ts";
import { useText } from "../text/use-text.tsx";
import { MenuDoor } from "./menu-door.tsx";

const menu = later(async () => (await import("./account-menu.tsx")).AccountMenu);

export function Account() {
  const text = useText();
  const { data } = useSession();
  if (data?.kind !== "user") return null;
  const button = (
    <Button
      variant="subtle"
      color="gray"
      size="compact-sm"
      px={8}
      aria-label={`${text.shell.account}: ${data.user}`}
    >
      {data.user}
    </Button>
  );
  return <MenuDoor menu={menu} props={{ role: data.role }} button={button} />;
}

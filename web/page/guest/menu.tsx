/** The button of what can be done to one guest. */
import { ActionIcon } from "@mantine/core";
import { IconDots } from "@tabler/icons-react";
import type { Schemas } from "#contract/schemas";
import { later } from "../../later.ts";
import { useText } from "../../text/use-text.tsx";
import { MenuDoor } from "../../ui/menu-door.tsx";

const menu = later(async () => (await import("./actions-menu.tsx")).ActionsMenu);

export function GuestMenu({ guest }: { readonly guest: Schemas["Guest"] }) {
  const text = useText();
  const button = (
    <ActionIcon variant="subtle" color="gray" aria-label={`${text.common.actions}: ${guest.name}`}>
      <IconDots size={16} />
    </ActionIcon>
  );
  return <MenuDoor menu={menu} props={{ guest }} button={button} />;
}

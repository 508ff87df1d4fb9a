/** Dark or light, and the language. */
import { ActionIcon } from "@mantine/core";
import { IconLanguage, IconSun } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { later } from "../later.ts";
import { useText } from "../text/use-text.tsx";
import { MenuDoor } from "./menu-door.tsx";

const schemes = later(async () => (await import("./look-menus.tsx")).SchemeMenu);
const tongues = later(async () => (await import("./look-menus.tsx")).LanguageMenu);

export function Look({ className, children }: { readonly className: string; readonly children?: ReactNode }) {
  const text = useText();
  const button = (label: string, icon: ReactNode) => (
    <ActionIcon variant="subtle" color="gray" aria-label={label}>
      {icon}
    </ActionIcon>
  );
  return (
    <div className={className}>
      <span>{children}</span>
      <MenuDoor menu={schemes} props={{}} button={button(text.shell.appearance, <IconSun size={16} />)} />
      <MenuDoor menu={tongues} props={{}} button={button(text.shell.language, <IconLanguage size={16} />)} />
    </div>
  );
}

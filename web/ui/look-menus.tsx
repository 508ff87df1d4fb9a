/** The menus of look.tsx. */
import { Menu, useMantineColorScheme } from "@mantine/core";
import { IconCheck, IconDeviceLaptop, IconMoon, IconSun } from "@tabler/icons-react";
import { useLanguage } from "../text/use-text.tsx";
import { choose, languages, type Language } from "../text/words.ts";
import type { MenuProps } from "./menu-door.tsx";
import { OpenedMenu } from "./opened-menu.tsx";

const schemes = [
  ["light", IconSun, "light"],
  ["dark", IconMoon, "dark"],
  ["auto", IconDeviceLaptop, "system"],
] as const;

const mark = (chosen: boolean) => (chosen ? <IconCheck size={14} /> : undefined);

export function SchemeMenu({ button }: MenuProps) {
  const { text } = useLanguage();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  return (
    <OpenedMenu button={button}>
      {schemes.map(([scheme, Icon, name]) => (
        <Menu.Item
          key={scheme}
          leftSection={<Icon size={14} />}
          rightSection={mark(colorScheme === scheme)}
          onClick={() => setColorScheme(scheme)}
        >
          {text.shell[name]}
        </Menu.Item>
      ))}
    </OpenedMenu>
  );
}

export function LanguageMenu({ button }: MenuProps) {
  const { chosen } = useLanguage();
  return (
    <OpenedMenu button={button}>
      {Object.entries(languages).map(([code, name]) => (
        <Menu.Item
          key={code}
          lang={code}
          rightSection={mark(code === chosen)}
          onClick={() => void choose(code as Language)}
        >
          {name}
        </Menu.Item>
      ))}
    </OpenedMenu>
  );
}

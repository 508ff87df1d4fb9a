/** Dark or light, and the language. */
import { ActionIcon, Menu, useMantineColorScheme } from "@mantine/core";
import { IconCheck, IconDeviceLaptop, IconLanguage, IconMoon, IconSun } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { languages, useLanguage, type Language } from "../text/use-text.tsx";

export function Look({ className, children }: { readonly className: string; readonly children?: ReactNode }) {
  const { text, language, choose } = useLanguage();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const mark = (chosen: boolean) => (chosen ? <IconCheck size={14} /> : undefined);
  return (
    <div className={className}>
      <span>{children}</span>
      <Menu>
        <Menu.Target>
          <ActionIcon variant="subtle" color="gray" aria-label={text.shell.appearance}>
            <IconSun size={16} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item
            leftSection={<IconSun size={14} />}
            rightSection={mark(colorScheme === "light")}
            onClick={() => setColorScheme("light")}
          >
            {text.shell.light}
          </Menu.Item>
          <Menu.Item
            leftSection={<IconMoon size={14} />}
            rightSection={mark(colorScheme === "dark")}
            onClick={() => setColorScheme("dark")}
          >
            {text.shell.dark}
          </Menu.Item>
          <Menu.Item
            leftSection={<IconDeviceLaptop size={14} />}
            rightSection={mark(colorScheme === "auto")}
            onClick={() => setColorScheme("auto")}
          >
            {text.shell.system}
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <Menu>
        <Menu.Target>
          <ActionIcon variant="subtle" color="gray" aria-label={text.shell.language}>
            <IconLanguage size={16} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          {Object.entries(languages).map(([code, name]) => (
            <Menu.Item
              key={code}
              lang={code}
              rightSection={mark(code === language)}
              onClick={() => choose(code as Language)}
            >
              {name}
            </Menu.Item>
          ))}
        </Menu.Dropdown>
      </Menu>
    </div>
  );
}

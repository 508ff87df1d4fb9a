/** A menu that was asked for: opens as it comes, and from then on is Mantine's own. See menu-door.tsx. */
import { Menu, type MenuProps as MantineMenuProps } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { cloneElement, useEffect, useRef, type ReactElement, type ReactNode, type Ref } from "react";
import type { MenuProps } from "./menu-door.tsx";

interface OpenedMenuProps extends MenuProps {
  readonly position?: MantineMenuProps["position"];
  readonly children: ReactNode;
}

export function OpenedMenu({ button, position, children }: OpenedMenuProps) {
  const [opened, menu] = useDisclosure();
  const target = useRef<HTMLButtonElement>(null);
  // The button is another one than was pressed: the keys are at it again before the menu takes them, so that
  // they come back to it.
  useEffect(() => {
    target.current?.focus();
    menu.open();
    // oxlint-disable-next-line react-hooks/exhaustive-deps
  }, []);
  return (
    <Menu opened={opened} onChange={menu.toggle} withinPortal {...(position ? { position } : {})}>
      <Menu.Target>
        {cloneElement(button as ReactElement<{ ref?: Ref<HTMLButtonElement> }>, { ref: target })}
      </Menu.Target>
      <Menu.Dropdown>{children}</Menu.Dropdown>
    </Menu>
  );
}

/** A button of the console's bar, with a panel of its own below it. */
import { Button, Popover } from "@mantine/core";
import type { ReactNode } from "react";
import { outside } from "./outside.ts";

interface BarPopoverProps {
  readonly label: string;
  readonly icon: ReactNode;
  readonly width: number;
  readonly disabled: boolean;
  readonly opened: boolean;
  change(opened: boolean): void;
  readonly children: ReactNode;
}

export function BarPopover({ label, icon, width, disabled, opened, change, children }: BarPopoverProps) {
  return (
    <Popover
      opened={opened}
      onChange={change}
      width={width}
      trapFocus
      withinPortal={false}
      clickOutsideEvents={outside}
      position="bottom-start"
    >
      <Popover.Target>
        <Button variant="default" leftSection={icon} disabled={disabled} onClick={() => change(!opened)}>
          {label}
        </Button>
      </Popover.Target>
      <Popover.Dropdown>{children}</Popover.Dropdown>
    </Popover>
  );
}

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
  /** Its word stays where there is little room. */
  readonly worded?: boolean;
  change(opened: boolean): void;
  readonly children: ReactNode;
}

export function BarPopover(props: BarPopoverProps) {
  const { label, icon, width, disabled, opened, worded = false, change, children } = props;
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
        <Button
          variant="default"
          leftSection={icon}
          disabled={disabled}
          onClick={() => change(!opened)}
          {...(worded ? { "data-worded": true } : {})}
        >
          {label}
        </Button>
      </Popover.Target>
      <Popover.Dropdown>{children}</Popover.Dropdown>
    </Popover>
  );
}

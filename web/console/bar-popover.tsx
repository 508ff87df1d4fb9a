/** A button with a panel of its own below it; and one of the console's bar. */
import { Button, Popover } from "@mantine/core";
import type { ReactElement, ReactNode } from "react";
import { outside } from "./outside.ts";

interface PanelProps {
  readonly width: number;
  readonly opened: boolean;
  change(opened: boolean): void;
  readonly children: ReactNode;
}

interface ButtonPanelProps extends PanelProps {
  readonly button: ReactElement;
  /** Below the button's middle, and not below its begin. */
  readonly centred?: boolean;
  readonly className?: string | undefined;
  readonly label?: string;
}

export const ButtonPanel = (props: ButtonPanelProps) => {
  const { button, width, opened, change, centred = false, className = "", label, children } = props;
  return (
    <Popover
      opened={opened}
      onChange={change}
      width={width}
      trapFocus
      withinPortal={false}
      clickOutsideEvents={outside}
      position={centred ? "bottom" : "bottom-start"}
    >
      <Popover.Target>{button}</Popover.Target>
      <Popover.Dropdown className={className} aria-label={label}>
        {children}
      </Popover.Dropdown>
    </Popover>
  );
};

interface BarPopoverProps extends PanelProps {
  readonly label: string;
  readonly icon: ReactNode;
  readonly disabled: boolean;
  /** Its word stays where there is little room. */
  readonly worded?: boolean;
}

export function BarPopover({ label, icon, disabled, worded = false, ...panel }: BarPopoverProps) {
  const button = (
    <Button
      variant="default"
      leftSection={icon}
      disabled={disabled}
      onClick={() => panel.change(!panel.opened)}
      {...(worded ? { "data-worded": true } : {})}
    >
      {label}
    </Button>
  );
  return <ButtonPanel {...panel} button={button} />;
}

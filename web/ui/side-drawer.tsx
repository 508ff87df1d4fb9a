/** The navigation where it has no place at the side. */
import { Drawer } from "@mantine/core";
import type { ReactNode } from "react";
import { useText } from "../text/use-text.tsx";

export function SideDrawer({ close, children }: { close(): void; readonly children: ReactNode }) {
  const text = useText();
  return (
    <Drawer
      opened
      onClose={close}
      size={260}
      title="Lodge"
      closeButtonProps={{ "aria-label": text.nav.close }}
    >
      {children}
    </Drawer>
  );
}

/** In the bar above a display: saves what it shows, as QEMU has it and not as it is scaled here. */
import { Button } from "@mantine/core";
import { IconCamera } from "@tabler/icons-react";
import { pathOf } from "../data/api.ts";
import { useText } from "../text/use-text.tsx";

export function ScreenshotButton({ guest }: { readonly guest: string }) {
  return (
    <Button
      component="a"
      variant="default"
      leftSection={<IconCamera size={14} />}
      href={pathOf("guestScreenshot", { guest })}
      download={`${guest}.png`}
    >
      {useText().recordings.screenshot}
    </Button>
  );
}

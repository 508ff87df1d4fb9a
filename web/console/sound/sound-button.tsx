/** In the bar above a display: whether the guest is heard. Nothing where it has no sound card. */
import { Button } from "@mantine/core";
import { IconVolume, IconVolumeOff } from "@tabler/icons-react";
import { useEffect, useRef, useState } from "react";
import { useRead } from "../../data/query.ts";
import { useText } from "../../text/use-text.tsx";
import { tellFailure } from "../../ui/notify.ts";
import { openSound, type SoundLine } from "./sound-line.ts";

export function SoundButton({ guest }: { readonly guest: string }) {
  const t = useText().recordings;
  const line = useRef<SoundLine>(undefined);
  const [heard, setHeard] = useState(false);
  const { data } = useRead("guestGet", { params: { guest } });
  useEffect(() => () => line.current?.close(), []);
  if (!data?.machine.sound) return null;

  function silence(): void {
    line.current?.close();
    line.current = undefined;
    setHeard(false);
  }
  function listen(): void {
    setHeard(true);
    line.current = openSound({
      guest,
      over(error) {
        silence();
        tellFailure(error);
      },
    });
  }
  return (
    <Button
      variant="default"
      aria-pressed={heard}
      leftSection={heard ? <IconVolume size={14} /> : <IconVolumeOff size={14} />}
      onClick={heard ? silence : listen}
    >
      {heard ? t.mute : t.listen}
    </Button>
  );
}

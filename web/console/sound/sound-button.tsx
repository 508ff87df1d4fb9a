/** In the bar above a display: whether the guest is heard. Nothing where it has no sound card. */
import { Button } from "@mantine/core";
import { IconVolume, IconVolumeOff } from "@tabler/icons-react";
import type { Schemas } from "#contract/schemas";
import { call } from "../../data/api.ts";
import { useText } from "../../text/use-text.tsx";
import { useSound } from "./use-sound.ts";

export function SoundButton({ guest: { id, machine } }: { readonly guest: Schemas["Guest"] }) {
  const t = useText().recordings;
  const { heard, toggle } = useSound(async () => ({
    ...(await call("guestDisplayTicket", { params: { guest: id }, body: { viewOnly: true } })),
    guest: id,
  }));
  if (!machine.sound) return null;
  return (
    <Button
      variant="default"
      aria-pressed={heard}
      leftSection={heard ? <IconVolume size={14} /> : <IconVolumeOff size={14} />}
      onClick={toggle}
    >
      {heard ? t.mute : t.listen}
    </Button>
  );
}

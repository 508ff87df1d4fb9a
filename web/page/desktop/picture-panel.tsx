/** How large the desktop is, and how good what moves on it. */
import { Radio, Stack } from "@mantine/core";
import { useText } from "../../text/use-text.tsx";
import { qualities, type PictureLook, type Quality } from "./picture-look.ts";
import { resolutions, type Resolution } from "./resolution.ts";

interface PicturePanelProps {
  readonly look: PictureLook;
  choose(change: Partial<PictureLook>): void;
}

const named = Object.keys(qualities) as Quality[];

export function PicturePanel({ look, choose }: PicturePanelProps) {
  const t = useText().desktops;
  const quality = named.find((name) => qualities[name] === look.quality) ?? "balanced";
  return (
    <Stack gap="md">
      <Radio.Group
        label={t.resolution}
        value={look.resolution}
        onChange={(resolution) => choose({ resolution: resolution as Resolution })}
      >
        <Stack gap={6} mt={4}>
          {resolutions.map((each) => (
            <Radio
              key={each}
              size="xs"
              value={each}
              label={each === "window" ? t.asWindow : each.replace("x", " × ")}
            />
          ))}
        </Stack>
      </Radio.Group>
      <Radio.Group
        label={t.quality}
        description={t.qualityHint}
        value={quality}
        onChange={(name) => choose({ quality: qualities[name as Quality] })}
      >
        <Stack gap={6} mt={4}>
          {named.map((name) => (
            <Radio key={name} size="xs" value={name} label={t.qualities[name]} />
          ))}
        </Stack>
      </Radio.Group>
    </Stack>
  );
}

/** In the bar above a display: that it is recorded, for everybody who watches; and what begins and ends that. */
import { Button, Menu } from "@mantine/core";
import { IconChevronDown, IconPlayerRecordFilled, IconPlayerStopFilled } from "@tabler/icons-react";
import { mostBytes, mostSeconds, usualBytes, usualSeconds } from "#contract/recording/limits";
import { useChange } from "../../data/change.ts";
import { useRead } from "../../data/query.ts";
import { useMay } from "../../data/session.tsx";
import { bytes } from "../../text/format.ts";
import { useLanguage } from "../../text/use-text.tsx";
import { Dot } from "../../ui/state.tsx";
import { outside } from "../outside.ts";

/** What one may be limited to here; anything else, by the command line. */
const limits = [
  { maxSeconds: 600, maxBytes: usualBytes },
  { maxSeconds: 3600, maxBytes: usualBytes },
  { maxSeconds: usualSeconds, maxBytes: usualBytes },
  { maxSeconds: mostSeconds, maxBytes: mostBytes },
] as const;

/** `guest` is its id. */
export function RecordButton({ guest }: { readonly guest: string }) {
  const { text, language } = useLanguage();
  const t = text.recordings;
  const may = useMay("operator");
  const { data = [] } = useRead("recordingList", { query: { guest } });
  const begin = useChange("recordingStart");
  const end = useChange("recordingStop");
  const running = data.find(({ state }) => state === "recording");
  const start = (body: Partial<(typeof limits)[number]>) => begin.mutate({ params: { guest }, body });
  return (
    <>
      {may && (
        <Button.Group>
          <Button
            variant="default"
            leftSection={running ? <IconPlayerStopFilled size={14} /> : <IconPlayerRecordFilled size={14} />}
            loading={begin.isPending || end.isPending}
            onClick={() => (running ? end.mutate({ params: { recording: running.id } }) : start({}))}
          >
            {running ? t.stop : t.record}
          </Button>
          {!running && (
            <Menu withinPortal={false} position="bottom-end" clickOutsideEvents={outside}>
              <Menu.Target>
                <Button variant="default" px={6} aria-label={t.howLong}>
                  <IconChevronDown size={14} />
                </Button>
              </Menu.Target>
              <Menu.Dropdown>
                {limits.map((limit) => (
                  <Menu.Item key={limit.maxSeconds} onClick={() => start(limit)}>
                    {t.until(lasting(limit.maxSeconds, language), bytes(limit.maxBytes, language))}
                  </Menu.Item>
                ))}
              </Menu.Dropdown>
            </Menu>
          )}
        </Button.Group>
      )}
      {running && (
        <span role="status">
          <Dot tone="bad">{t.isRecorded}</Dot>
        </span>
      )}
    </>
  );
}

/** In the largest unit that it is a whole number of. */
function lasting(seconds: number, language: string): string {
  const [unit, size] = (
    [
      ["day", 86_400],
      ["hour", 3600],
      ["minute", 60],
    ] as const
  ).find(([, each]) => seconds % each === 0) ?? ["second", 1];
  const style = { style: "unit", unit, unitDisplay: "long" } as const;
  return new Intl.NumberFormat(language, style).format(seconds / size);
}

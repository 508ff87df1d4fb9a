/** What a guest takes: live over the last minutes, and what the daemon has kept of the last hour and day. */
import { SegmentedControl } from "@mantine/core";
import { useMemo } from "react";
import { useSearchParams } from "react-router";
import type { Schemas } from "#contract/schemas";
import { useRead } from "../../data/query.ts";
import { kept, useUsage, type Sample } from "../../data/usage.ts";
import { bytes, percent } from "../../text/format.ts";
import { useLanguage, useText } from "../../text/use-text.tsx";
import { Chart, type ChartLine } from "../../ui/chart.tsx";
import { Empty } from "../../ui/empty.tsx";
import style from "./charts.module.css";

type Guest = Schemas["Guest"];
const MiB = 1024 ** 2;

/** Seconds that are shown, and milliseconds after which they are asked for again. */
const ranges = {
  now: { seconds: kept, every: undefined },
  hour: { seconds: 3_600, every: 20_000 },
  day: { seconds: 86_400, every: 300_000 },
} as const;
type Range = keyof typeof ranges;

const isRange = (word: string | null): word is Range => word !== null && word in ranges;

function useSamples(guest: string, range: Range): readonly Sample[] {
  const live = useUsage(guest);
  const { every } = ranges[range];
  const { data } = useRead(
    "usageGuest",
    { params: { guest }, query: { range: range === "day" ? "day" : "hour" } },
    every === undefined ? {} : { every },
  );
  const past = useMemo(
    () => data?.points.map((point) => ({ ...point, at: Date.parse(point.at) })) ?? [],
    [data],
  );
  // What was before the page was opened is known as well, if less finely.
  const begun = live[0]?.at ?? Infinity;
  const before = useMemo(() => past.filter(({ at }) => at < begun), [past, begun]);
  return useMemo(() => (range === "now" ? [...before, ...live] : past), [range, before, live, past]);
}

export function Charts({ guest }: { readonly guest: Guest }) {
  const t = useText().usage;
  const [params, setParams] = useSearchParams();
  const asked = params.get("range");
  const range: Range = isRange(asked) ? asked : "now";
  const samples = useSamples(guest.id, range);
  return (
    <div className={style["whole"]}>
      <SegmentedControl
        size="xs"
        aria-label={t.range}
        value={range}
        onChange={(next) => setParams(next === "now" ? {} : { range: next }, { replace: true })}
        data={(Object.keys(ranges) as Range[]).map((value) => ({ value, label: t[value] }))}
      />
      {range !== "now" && samples.length === 0 ? (
        <Empty title={t.empty} hint={t.emptyHint} />
      ) : (
        <Lines guest={guest} samples={samples} seconds={ranges[range].seconds} />
      )}
    </div>
  );
}

interface LinesProps {
  readonly guest: Guest;
  readonly samples: readonly Sample[];
  readonly seconds: number;
}

function Lines({ guest, samples, seconds }: LinesProps) {
  const { text, language } = useLanguage();
  const t = text.guest;
  const lines = useMemo(
    (): Readonly<Record<"cpu" | "memory" | "disk" | "net", readonly ChartLine[]>> => ({
      cpu: [{ label: t.used, pick: ({ cpu }) => cpu / guest.cpus, colour: "good" }],
      memory: [{ label: t.used, pick: ({ memory }) => memory, colour: "good" }],
      disk: [
        { label: t.read, pick: ({ diskRead }) => diskRead, colour: "good" },
        { label: t.written, pick: ({ diskWritten }) => diskWritten, colour: "busy" },
      ],
      net: [
        { label: t.received, pick: ({ netReceived }) => netReceived, colour: "good" },
        { label: t.sent, pick: ({ netSent }) => netSent, colour: "busy" },
      ],
    }),
    [t, guest.cpus],
  );
  const say = useMemo(
    () => ({
      share: (value: number) => percent(value, language),
      size: (value: number) => bytes(value, language),
      rate: (value: number) => `${bytes(value, language)}/s`,
    }),
    [language],
  );
  const common = { samples, seconds };
  return (
    <div className={style["charts"]}>
      <Chart title={t.cpuChart} lines={lines.cpu} say={say.share} most={1} {...common} />
      <Chart title={t.memoryChart} lines={lines.memory} say={say.size} most={guest.memory} {...common} />
      <Chart title={t.diskChart} lines={lines.disk} say={say.rate} most={MiB} {...common} />
      <Chart title={t.networkChart} lines={lines.net} say={say.rate} most={MiB} {...common} />
    </div>
  );
}

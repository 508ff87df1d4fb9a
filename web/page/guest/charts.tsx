/** What a guest uses, over the last minutes. */
import { useMemo } from "react";
import type { Schemas } from "#contract/schemas";
import { useUsage } from "../../data/usage.ts";
import { bytes, percent } from "../../text/format.ts";
import { useLanguage } from "../../text/use-text.tsx";
import { Chart, type ChartLine } from "../../ui/chart.tsx";
import style from "./charts.module.css";

const MiB = 1024 ** 2;

export function Charts({ guest }: { readonly guest: Schemas["Guest"] }) {
  const { text, language } = useLanguage();
  const t = text.guest;
  const samples = useUsage(guest.id);
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
  return (
    <div className={style["charts"]}>
      <Chart title={t.cpuChart} samples={samples} lines={lines.cpu} say={say.share} most={1} />
      <Chart
        title={t.memoryChart}
        samples={samples}
        lines={lines.memory}
        say={say.size}
        most={guest.memory}
      />
      <Chart title={t.diskChart} samples={samples} lines={lines.disk} say={say.rate} most={MiB} />
      <Chart title={t.networkChart} samples={samples} lines={lines.net} say={say.rate} most={MiB} />
    </div>
  );
}

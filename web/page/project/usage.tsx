/** What a project has of what there is, who in it has it, and the most that it may have. */
import { Button } from "@mantine/core";
import { useEffect, useState } from "react";
import { resources, type Amounts, type Resource } from "#contract/schema/quota";
import type { Schemas } from "#contract/schemas";
import { useRead } from "../../data/query.ts";
import { useMayOnHost } from "../../data/session.tsx";
import { bytes, integer } from "../../text/format.ts";
import { useLanguage, useText } from "../../text/use-text.tsx";
import { Awaited } from "../../ui/awaited.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { Meter } from "../../ui/meter.tsx";
import { QuotaForm } from "./quota-form.tsx";
import style from "./usage.module.css";

type Usage = Schemas["ProjectUsage"];

interface UsageProps {
  readonly project: string;
  close(): void;
}

export function ProjectUsage({ project, close }: UsageProps) {
  const text = useText();
  const t = text.quotas;
  const [changing, setChanging] = useState(false);
  const allowed = useMayOnHost("admin");
  const { data, error, refetch } = useRead("projectUsage", { params: { project } });
  // No event tells of it: it is as it was when this was opened.
  useEffect(() => void refetch(), [refetch]);
  return (
    <Dialog opened onClose={close} title={t.of(project)} size="md">
      <Awaited data={data} error={error} refetch={refetch} />
      {data && !changing && (
        <>
          <ul className={style["list"]}>
            {resources.map((what) => (
              <Line key={what} what={what} usage={data} />
            ))}
          </ul>
          {allowed && (
            <Button variant="default" mt="md" onClick={() => setChanging(true)}>
              {t.change}
            </Button>
          )}
        </>
      )}
      {data && changing && <QuotaForm usage={data} close={() => setChanging(false)} />}
    </Dialog>
  );
}

/** Names of holders that are shown. */
const most = 3;

function Line({ what, usage: { used, quota, holders } }: { readonly what: Resource; readonly usage: Usage }) {
  const { text, language } = useLanguage();
  const t = text.quotas;
  const show = (amounts: Partial<Amounts>) =>
    what === "memory" || what === "disk"
      ? bytes(amounts[what] ?? 0, language)
      : integer(amounts[what] ?? 0, language);
  const limit = quota[what];
  const some = holders.filter(({ amounts }) => amounts[what] > 0);
  const largest = some.toSorted((a, b) => b.amounts[what] - a.amounts[what]).slice(0, most);
  return (
    <li>
      <div className={style["line"]}>
        <b>{t.names[what]}</b>
        <span className="soft number">
          {limit === undefined ? t.unlimited(show(used)) : t.taken(show(used), show(quota))}
        </span>
      </div>
      {limit !== undefined && (
        <Meter label={t.names[what]} share={limit === 0 ? Math.min(1, used[what]) : used[what] / limit} />
      )}
      {largest.length > 0 && what !== "guests" && (
        <p className={style["holders"]}>
          {largest.map(({ name, amounts }) => `${name} ${show(amounts)}`).join(" · ")}
          {some.length > most && ` · ${t.more(some.length - most)}`}
        </p>
      )}
    </li>
  );
}

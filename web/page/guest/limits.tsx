/** How much a guest may take of what it shares with others. */
import { Button } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { Suspense } from "react";
import type { DiskLimits, NicLimits } from "#contract/schema/limits";
import type { Schemas } from "#contract/schemas";
import { useMay } from "../../data/session.tsx";
import { later } from "../../later.ts";
import { bytes, integer } from "../../text/format.ts";
import type { Messages } from "../../text/en.ts";
import { useLanguage } from "../../text/use-text.tsx";
import { Card, Facts, Section } from "../../ui/page.tsx";

type Guest = Schemas["Guest"];

const { Part: LimitsForm, ahead } = later(async () => (await import("./limits-form.tsx")).LimitsForm);

export function Limits({ guest }: { readonly guest: Guest }) {
  const { text, language } = useLanguage();
  const [changing, change] = useDisclosure();
  const allowed = useMay("operator");
  const t = text.limits;
  const lines = facts(guest, t, language);
  const button = (
    <Button variant="default" onClick={change.open} onPointerEnter={ahead}>
      {t.change}
    </Button>
  );
  return (
    <Section title={t.title} {...(allowed ? { actions: button } : {})}>
      <Card>{lines.length > 0 ? <Facts of={lines} /> : <p className="soft">{t.none}</p>}</Card>
      {changing && (
        <Suspense>
          <LimitsForm guest={guest} close={change.close} />
        </Suspense>
      )}
    </Section>
  );
}

function facts(
  { limits = {}, memoryTarget }: Guest,
  t: Messages["limits"],
  language: string,
): (readonly [string, string | undefined])[] {
  const rate = (amount: number | undefined, words: (rate: string) => string) =>
    amount === undefined ? [] : [words(bytes(amount, language))];
  const count = (amount: number | undefined, words: (count: string) => string) =>
    amount === undefined ? [] : [words(integer(amount, language))];
  const disk = ({ readBytes, writeBytes, readOps, writeOps }: DiskLimits) =>
    [
      ...rate(readBytes, t.reads),
      ...rate(writeBytes, t.writes),
      ...count(readOps, t.readsOf),
      ...count(writeOps, t.writesOf),
    ].join(", ");
  const nic = (of: NicLimits) => [...rate(of.in, t.comes), ...rate(of.out, t.goes)].join(", ");
  return [
    [t.fields.cap, limits.cap === undefined ? undefined : limits.cap.toLocaleString(language)] as const,
    [t.fields.weight, limits.weight === undefined ? undefined : integer(limits.weight, language)] as const,
    [t.fields.pin, limits.pin] as const,
    [t.swap, limits.swap === undefined ? undefined : bytes(limits.swap, language)] as const,
    [t.target, memoryTarget === undefined ? undefined : bytes(memoryTarget, language)] as const,
    [t.allDisks, limits.disk && disk(limits.disk)] as const,
    ...Object.entries(limits.disks ?? {}).map(([id, own]) => [id, disk(own)] as const),
    [t.eachCard, limits.nic && nic(limits.nic)] as const,
    ...Object.entries(limits.nics ?? {}).map(([id, own]) => [id, nic(own)] as const),
  ].filter(([, shown]) => shown !== undefined && shown !== "");
}

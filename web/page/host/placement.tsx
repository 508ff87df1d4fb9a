/** By what policy guests are placed and spread over the hosts, and whether the room that is kept would do. */
import { Button } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { Suspense } from "react";
import type { Schemas } from "#contract/schemas";
import { useRead } from "../../data/query.ts";
import { useMayOnHost } from "../../data/session.tsx";
import { later } from "../../later.ts";
import { percent } from "../../text/format.ts";
import { useLanguage, useText } from "../../text/use-text.tsx";
import { Card, Facts, Section } from "../../ui/page.tsx";

const { Part: Form, ahead } = later(async () => (await import("./placement-form.tsx")).PlacementForm);

/** Milliseconds: nothing tells of it. */
const every = 30_000;

export function PlacementPolicy() {
  const { text, language } = useLanguage();
  const t = text.placing;
  const [changing, change] = useDisclosure();
  const may = useMayOnHost("admin");
  const { data } = useRead("placementSettings", {}, { every });
  if (!data) return null;
  const { policy, rebalance, rebalanceHours, tolerance, reserve } = data;
  const button = may && (
    <Button variant="default" onClick={change.open} onPointerEnter={ahead}>
      {text.place.change}
    </Button>
  );
  return (
    <Section title={t.title} actions={button}>
      <Card>
        <Facts
          of={[
            [t.policy, t.policies[policy]],
            [
              t.spread,
              [t.rebalances[rebalance], rebalanceHours && t.hours(rebalanceHours)].filter(Boolean).join(", "),
            ],
            [t.tolerance, percent(tolerance, language)],
            [t.reserve, reserve === 0 ? t.noReserve : may ? <Reserve count={reserve} /> : t.hosts(reserve)],
          ]}
        />
      </Card>
      {changing && (
        <Suspense>
          <Form settings={data} close={change.close} />
        </Suspense>
      )}
    </Section>
  );
}

/** What is kept, and who would not find a place all the same. */
function Reserve({ count }: { readonly count: number }) {
  const t = useText().placing;
  const { data } = useRead("placementReserve", {}, { every });
  const lack = data?.shortfalls.flatMap(({ hosts, guests }) => guests.map((guest) => ({ ...guest, hosts })));
  return (
    <>
      {t.hosts(count)}
      {data && (data.holds ? `: ${t.holds}` : "")}
      {lack?.map(({ guest, name, hosts, reason }: Lack) => (
        <p key={`${guest} ${hosts.join()}`} className="bad">
          {t.lacks(name, hosts.join(", "), reason)}
        </p>
      ))}
    </>
  );
}

type Lack = Schemas["ReserveCheck"]["shortfalls"][number]["guests"][number] & {
  readonly hosts: readonly string[];
};

/** A guest among the hosts of a cluster: where it is, where it may be, and whether it comes back when its host dies. */
import { Button } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { Suspense } from "react";
import { Link } from "react-router";
import type { Schemas } from "#contract/schemas";
import { useMay } from "../../data/session.tsx";
import { later } from "../../later.ts";
import { useText } from "../../text/use-text.tsx";
import { Card, Facts, Section } from "../../ui/page.tsx";
import { placeWish } from "./place-wish.ts";

const { Part: Form, ahead } = later(async () => (await import("./in-cluster-form.tsx")).InClusterForm);

export function InCluster({ guest }: { readonly guest: Schemas["Guest"] }) {
  const t = useText().place;
  const [changing, change] = useDisclosure();
  const allowed = useMay("operator");
  const wish = placeWish(guest.placement);
  const button = (
    <Button variant="default" onClick={change.open} onPointerEnter={ahead}>
      {t.change}
    </Button>
  );
  const how = (list: string, strict: boolean) => list && `${list} (${strict ? t.required : t.preferred})`;
  return (
    <Section title={t.title} {...(allowed ? { actions: button } : {})}>
      <Card>
        <Facts
          of={[
            [t.host, <Link to={`/hosts/${guest.host}`}>{guest.host}</Link>],
            [t.ha, guest.ha ? t.haYes(guest.ha.priority) : t.haNo],
            [t.onlyOn, wish.hosts],
            [t.hostLabels, wish.hostLabels],
            [t.near, how(wish.near, wish.nearStrict)],
            [t.apart, how(wish.apart, wish.apartStrict)],
            [t.tolerates, wish.tolerations],
          ]}
        />
      </Card>
      {changing && (
        <Suspense>
          <Form guest={guest} close={change.close} />
        </Suspense>
      )}
    </Section>
  );
}

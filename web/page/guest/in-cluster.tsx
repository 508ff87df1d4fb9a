/** A guest among the hosts of a cluster: where it is, where it may be, and whether it comes back when its host dies. */
import { Button, Group } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { Suspense } from "react";
import { Link } from "react-router";
import type { Schemas } from "#contract/schemas";
import { useMay } from "../../data/session.tsx";
import { later } from "../../later.ts";
import { bytes } from "../../text/format.ts";
import { useLanguage, useText } from "../../text/use-text.tsx";
import { Card, Facts, Section } from "../../ui/page.tsx";
import { placeWish } from "./place-wish.ts";

const { Part: Form, ahead } = later(async () => (await import("./in-cluster-form.tsx")).InClusterForm);

const { Part: ReplicaPart, ahead: replicaAhead } = later(
  async () => (await import("./replica-form.tsx")).ReplicaForm,
);

function useReplicaWords(replica: Schemas["Replica"] | undefined): string {
  const { text, language } = useLanguage();
  const t = text.replica;
  if (!replica) return t.none;
  const { host, state, behind, reason = "" } = replica;
  const left = behind === undefined ? "" : bytes(behind, language);
  switch (state) {
    case "in-sync":
      return t.inSync(host);
    case "copying":
      return t.copying(host, left);
    case "behind":
      return t.behind(host, left, reason);
  }
}

export function InCluster({ guest }: { readonly guest: Schemas["Guest"] }) {
  const t = useText().place;
  const [changing, change] = useDisclosure();
  const [replicating, replicate] = useDisclosure();
  const ofReplica = useText().replica;
  const replica = useReplicaWords(guest.replica);
  const allowed = useMay("operator");
  const wish = placeWish(guest.placement);
  const button = (
    <Group gap="xs">
      <Button variant="default" onClick={replicate.open} onPointerEnter={replicaAhead}>
        {guest.replica ? ofReplica.remove : ofReplica.set}
      </Button>
      <Button variant="default" onClick={change.open} onPointerEnter={ahead}>
        {t.change}
      </Button>
    </Group>
  );
  const how = (list: string, strict: boolean) => list && `${list} (${strict ? t.required : t.preferred})`;
  return (
    <Section title={t.title} {...(allowed ? { actions: button } : {})}>
      <Card>
        <Facts
          of={[
            [t.host, <Link to={`/hosts/${guest.host}`}>{guest.host}</Link>],
            [t.ha, guest.ha ? t.haYes(guest.ha.priority) : t.haNo],
            [ofReplica.title, replica],
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
      {replicating && (
        <Suspense>
          <ReplicaPart guest={guest} close={replicate.close} />
        </Suspense>
      )}
    </Section>
  );
}

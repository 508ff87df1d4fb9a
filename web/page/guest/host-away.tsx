/** Says of a guest whose host does not answer what becomes of it, and offers what somebody may decide. */
import { Button } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { Suspense } from "react";
import type { Schemas } from "#contract/schemas";
import { useHosts } from "../../data/hosts.ts";
import { useMayOnHost } from "../../data/session.tsx";
import { later } from "../../later.ts";
import type { Messages } from "../../text/en.ts";
import { useText } from "../../text/use-text.tsx";
import { Warning } from "../../ui/warning.tsx";

type Guest = Schemas["Guest"];

const { Part: Promote, ahead } = later(async () => (await import("./promote.tsx")).Promote);

export function HostAway({ guest }: { readonly guest: Guest }) {
  const text = useText();
  const [promoting, promote] = useDisclosure();
  const may = useMayOnHost("admin");
  const away = useHosts().data?.find(({ name, answers }) => name === guest.host && !answers);
  if (!away) return null;
  return (
    <>
      <Warning>
        <b>{text.hosts.noAnswer(away.name)}</b>
        <p>{fateOf(guest, text.away)}</p>
        {guest.replica && may && (
          <Button variant="default" mt="xs" onClick={promote.open} onPointerEnter={ahead}>
            {text.away.promote}…
          </Button>
        )}
      </Warning>
      {promoting && (
        <Suspense>
          <Promote guest={guest} close={promote.close} />
        </Suspense>
      )}
    </>
  );
}

function fateOf({ ha, replica }: Guest, t: Messages["away"]): string {
  if (replica) return ha && replica.state === "in-sync" ? t.byItself(replica.host) : t.byHand(replica.host);
  return ha ? t.highlyAvailable : t.waits;
}

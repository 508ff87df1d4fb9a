/** The help desk: who is on what desktop, how it goes there, and what can be done for whoever asks. */
import { TextInput } from "@mantine/core";
import { useState } from "react";
import { useRead } from "../../data/query.ts";
import { useText } from "../../text/use-text.tsx";
import { Awaited } from "../../ui/awaited.tsx";
import { Empty } from "../../ui/empty.tsx";
import { Page } from "../../ui/page.tsx";
import { figuresEvery } from "./figures.ts";
import { DesktopTable } from "./table.tsx";

export function HelpDesk() {
  const text = useText();
  const t = text.helpDesk;
  const { data, error, refetch } = useRead("desktopList", {}, { every: figuresEvery });
  const [wanted, setWanted] = useState("");
  const word = wanted.trim().toLowerCase();
  const shown = data?.filter(({ user, poolName, guestName = "" }) =>
    [user, poolName, guestName].some((name) => name.toLowerCase().includes(word)),
  );
  return (
    <Page
      title={t.title}
      actions={
        data &&
        data.length > 0 && (
          <TextInput
            size="xs"
            aria-label={t.filter}
            placeholder={t.filter}
            value={wanted}
            onChange={(event) => setWanted(event.currentTarget.value)}
          />
        )
      }
    >
      <Awaited data={data} error={error} refetch={refetch} />
      {data?.length === 0 && <Empty title={t.empty} hint={t.emptyHint} />}
      {shown && data && data.length > 0 && shown.length === 0 && <Empty title={text.common.noMatch} />}
      {shown && shown.length > 0 && <DesktopTable desktops={shown} />}
    </Page>
  );
}

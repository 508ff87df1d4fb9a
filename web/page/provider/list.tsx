/** Providers of sign-ins: who may come in with an account from elsewhere, and as what. */
import { Button, Group } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useMemo, useState } from "react";
import type { Schemas } from "#contract/schemas";
import { useChange } from "../../data/change.ts";
import { useRead } from "../../data/query.ts";
import { useText } from "../../text/use-text.tsx";
import { ListPage } from "../../ui/list-page.tsx";
import type { Column } from "../../ui/column.ts";
import { Confirm } from "../../ui/confirm.tsx";
import { tell } from "../../ui/notify.ts";
import type { Question } from "../../ui/question.ts";
import { AddProvider } from "./add.tsx";
import { TryDirectory } from "./try-directory.tsx";

type Provider = Schemas["Provider"];
const nameOf = ({ name }: Provider): string => name;

export function ProviderList() {
  const text = useText();
  const t = text.providers;
  const read = useRead("providerList");
  const [adding, add] = useDisclosure();
  const [asked, setAsked] = useState<Question>();
  const [tried, setTried] = useState<{ readonly name: string; readonly title: string }>();
  const remove = useChange("providerDelete").mutate;
  // A sign-in that is begun and never ended asks the provider all that there is to ask.
  const begin = useChange("oidcBegin").mutate;
  const columns = useMemo(
    (): readonly Column<Provider>[] => [
      { id: "title", header: t.shown, width: "minmax(90px, 1fr)", cell: ({ title }) => <b>{title}</b> },
      {
        id: "address",
        header: t.address,
        width: "minmax(130px, 2fr)",
        wide: true,
        cell: (provider) => {
          const address = provider.kind === "oidc" ? provider.issuer : provider.urls.join(", ");
          return (
            <span className="mono" title={`${t.kinds[provider.kind]}: ${address}`}>
              {address}
            </span>
          );
        },
      },
      {
        id: "role",
        header: t.role,
        width: "minmax(110px, 1fr)",
        wide: true,
        cell: ({ role }) => (role ? text.users.roles[role] : <span className="soft">{t.noRole}</span>),
      },
      {
        id: "require",
        header: t.require,
        width: "minmax(90px, 1fr)",
        wide: "very",
        cell: (provider) => (
          <span className="mono soft">
            {(provider.kind === "oidc" ? provider.require : provider.requireGroups).join(", ")}
          </span>
        ),
      },
      {
        id: "do",
        header: "",
        width: "180px",
        end: true,
        cell: ({ kind, name, title }) => (
          <Group gap={6} justify="flex-end" wrap="nowrap">
            <Button
              size="compact-xs"
              variant="default"
              aria-label={`${t.test}: ${title}`}
              onClick={() =>
                kind === "oidc"
                  ? begin({ params: { provider: name } }, { onSuccess: () => tell(t.works(title)) })
                  : setTried({ name, title })
              }
            >
              {t.test}
            </Button>
            <Button
              size="compact-xs"
              variant="default"
              aria-label={`${text.common.remove}: ${title}`}
              onClick={() =>
                setAsked({
                  title: t.removeTitle(title),
                  warning: t.removeWarning,
                  action: text.common.remove,
                  name,
                  confirm: () => remove({ params: { provider: name } }),
                })
              }
            >
              {text.common.remove}
            </Button>
          </Group>
        ),
      },
    ],
    [t, text, begin, remove],
  );
  return (
    <ListPage text={t} read={read} add={add.open} columns={columns} id={nameOf} name={nameOf}>
      <TryDirectory provider={tried} close={() => setTried(undefined)} />
      <AddProvider opened={adding} close={add.close} />
      <Confirm question={asked} close={() => setAsked(undefined)} />
    </ListPage>
  );
}

/** A guest's CD-ROM drives: what is in them, and another disc. */
import { Button, Group, Select } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type { Schemas } from "#contract/schemas";
import { putObject } from "../../data/apply.ts";
import { useChange } from "../../data/change.ts";
import { useRead } from "../../data/query.ts";
import { useText } from "../../text/use-text.tsx";
import { Card, Facts, Section } from "../../ui/page.tsx";

type Guest = Schemas["Guest"];

export function Drives({ guest }: { readonly guest: Guest }) {
  const text = useText();
  const t = text.guest;
  const queries = useQueryClient();
  const [chosen, setChosen] = useState<string | null>(null);
  const isos = (useRead("imageList").data ?? []).filter(({ kind }) => kind === "iso");
  const { mutate, isPending } = useChange("guestDrive");
  /** The first is the user's; the other holds the cloud-init seed. */
  const drive = guest.drives[0];
  if (!drive) return null;
  const put = (image: string | null) =>
    mutate(
      { params: { guest: guest.id }, body: { drive: drive.id, image } },
      { onSuccess: (changed) => putObject(queries, "guest", changed) },
    );
  return (
    <Section title={t.drives}>
      <Card>
        <Facts
          of={guest.drives.map(({ id, image }) => [
            id,
            image ?? <span className="soft">{t.driveEmpty}</span>,
          ])}
        />
        <Group gap="xs" mt="md" align="end">
          {isos.length > 0 ? (
            <>
              <Select
                size="xs"
                aria-label={t.chooseIso}
                placeholder={t.chooseIso}
                data={isos.map(({ name }) => name)}
                value={chosen}
                onChange={setChosen}
              />
              <Button
                variant="default"
                disabled={chosen === null}
                loading={isPending}
                onClick={() => put(chosen)}
              >
                {t.insert}
              </Button>
            </>
          ) : (
            <span className="soft">{t.noIso}</span>
          )}
          {drive.image !== undefined && (
            <Button variant="default" loading={isPending} onClick={() => put(null)}>
              {t.eject}
            </Button>
          )}
        </Group>
      </Card>
    </Section>
  );
}

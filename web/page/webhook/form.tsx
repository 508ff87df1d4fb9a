/** Makes a webhook, or changes one. */
import { Checkbox, Select, TextInput } from "@mantine/core";
import { useState } from "react";
import type { Schemas } from "#contract/schemas";
import { useChange } from "../../data/change.ts";
import { useRead } from "../../data/query.ts";
import { useText } from "../../text/use-text.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { FormEnd } from "../../ui/form-end.tsx";

type Webhook = Schemas["Webhook"];

interface FormProps {
  /** The one that is changed; none: one is made. */
  readonly webhook?: Webhook;
  close(): void;
  /** Gets the secret of one that was made. */
  made?(secret: string): void;
  /** Gets the name of one that was changed. */
  changed?(name: string): void;
}

interface Fields {
  readonly name: string;
  readonly url: string;
  readonly events: string;
  readonly guest: string | null;
  readonly label: string;
  readonly project: string | null;
  readonly allowHttp: boolean;
}

const fieldsOf = (webhook: Webhook | undefined): Fields => ({
  name: webhook?.name ?? "",
  url: webhook?.url ?? "",
  events: webhook?.events.join(" ") ?? "*",
  guest: webhook?.guest ?? null,
  label: webhook?.label ?? "",
  project: webhook?.project ?? null,
  allowHttp: webhook?.allowHttp ?? false,
});

export function WebhookForm({ webhook, close, made, changed }: FormProps) {
  const text = useText();
  const t = text.webhooks;
  const guests = useRead("guestList").data ?? [];
  const projects = useRead("projectList").data ?? [];
  const [fields, setFields] = useState(() => fieldsOf(webhook));
  const create = useChange("webhookCreate", { quiet: true });
  const update = useChange("webhookUpdate", { quiet: true });
  const set = (change: Partial<Fields>) => setFields((old) => ({ ...old, ...change }));
  function submit(): void {
    const { name, url, guest, label, project, allowHttp } = fields;
    const events = fields.events.split(/[\s,]+/).filter((kind) => kind !== "");
    const body = { name: name.trim(), url: url.trim(), events, allowHttp };
    if (webhook) {
      update.mutate(
        {
          params: { webhook: webhook.id },
          body: { ...body, guest, project, label: label.trim() === "" ? null : label.trim() },
        },
        {
          onSuccess: (now) => {
            close();
            changed?.(now.name);
          },
        },
      );
      return;
    }
    create.mutate(
      {
        body: {
          ...body,
          ...(guest === null ? {} : { guest }),
          ...(project === null ? {} : { project }),
          ...(label.trim() === "" ? {} : { label: label.trim() }),
        },
      },
      {
        onSuccess: ({ secret }) => {
          close();
          made?.(secret);
        },
      },
    );
  }
  return (
    <Dialog opened onClose={close} title={webhook ? t.changeTitle(webhook.name) : t.add} size="md">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          submit();
        }}
      >
        <TextInput
          required
          label={text.common.name}
          value={fields.name}
          onChange={(event) => set({ name: event.currentTarget.value })}
          autoCapitalize="none"
          spellCheck={false}
          data-autofocus
        />
        <TextInput
          required
          mt="md"
          label={t.url}
          description={t.urlHint}
          placeholder="https://ci.example.com/lodge"
          value={fields.url}
          onChange={(event) => set({ url: event.currentTarget.value })}
          inputMode="url"
          spellCheck={false}
        />
        <Checkbox
          mt="xs"
          size="xs"
          label={t.allowHttp}
          checked={fields.allowHttp}
          onChange={(event) => set({ allowHttp: event.currentTarget.checked })}
        />
        <TextInput
          required
          mt="md"
          label={t.events}
          description={t.eventsHint}
          value={fields.events}
          onChange={(event) => set({ events: event.currentTarget.value })}
          spellCheck={false}
        />
        <Select
          mt="md"
          label={t.guest}
          placeholder={t.anyGuest}
          data={guests.map(({ id, name }) => ({ value: id, label: name }))}
          value={fields.guest}
          onChange={(guest) => set({ guest })}
          limit={50}
          searchable
          clearable
        />
        <TextInput
          mt="md"
          label={t.label}
          placeholder="tier=front"
          value={fields.label}
          onChange={(event) => set({ label: event.currentTarget.value })}
          spellCheck={false}
        />
        {projects.length > 1 && (
          <Select
            mt="md"
            label={t.project}
            placeholder={t.anyProject}
            data={projects.map(({ name }) => name)}
            value={fields.project}
            onChange={(project) => set({ project })}
            searchable
            clearable
          />
        )}
        <FormEnd
          action={webhook ? text.common.save : text.common.create}
          close={close}
          error={create.error ?? update.error}
          pending={create.isPending || update.isPending}
        />
      </form>
    </Dialog>
  );
}

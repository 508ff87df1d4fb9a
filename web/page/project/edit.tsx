/** Makes a project, or says anew what one is for. */
import { Checkbox, TextInput } from "@mantine/core";
import { useState } from "react";
import type { Schemas } from "#contract/schemas";
import { useChange } from "../../data/change.ts";
import { useText } from "../../text/use-text.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { FormEnd } from "../../ui/form-end.tsx";

interface EditProps {
  readonly opened: boolean;
  /** The one that is described anew; undefined: another is made. */
  readonly project?: Schemas["Project"];
  close(): void;
}

export function EditProject({ opened, project, close }: EditProps) {
  const text = useText();
  const t = text.projects;
  const [name, setName] = useState("");
  const [description, setDescription] = useState(project?.description ?? "");
  const [encrypted, setEncrypted] = useState(project?.encrypted ?? false);
  const create = useChange("projectCreate", { quiet: true });
  const update = useChange("projectUpdate", { quiet: true });
  const done = { onSuccess: close };
  function submit(): void {
    if (project) update.mutate({ params: { project: project.name }, body: { description, encrypted } }, done);
    else create.mutate({ body: { name: name.trim(), description, encrypted } }, done);
  }
  return (
    <Dialog opened={opened} onClose={close} title={project ? project.name : t.add} size="sm">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          submit();
        }}
      >
        {!project && (
          <TextInput
            required
            mb="md"
            label={text.common.name}
            description={t.nameHint}
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
            autoCapitalize="none"
            spellCheck={false}
            data-autofocus
          />
        )}
        <TextInput
          label={t.about}
          value={description}
          onChange={(event) => setDescription(event.currentTarget.value)}
          {...(project ? { "data-autofocus": true } : {})}
        />
        <Checkbox
          mt="md"
          label={t.encrypted}
          description={t.encryptedHint}
          checked={encrypted}
          onChange={(event) => setEncrypted(event.currentTarget.checked)}
        />
        <FormEnd
          action={project ? text.common.save : text.common.create}
          close={close}
          error={create.error ?? update.error}
          pending={create.isPending || update.isPending}
        />
      </form>
    </Dialog>
  );
}

/** A form that makes a provider, around the fields of its kind. */
import { Stack } from "@mantine/core";
import type { ReactNode } from "react";
import type { Schemas } from "#contract/schemas";
import { useChange } from "../../data/change.ts";
import { useText } from "../../text/use-text.tsx";
import { FormEnd } from "../../ui/form-end.tsx";

interface ProviderFormProps {
  /** What the fields say, once it is asked for. */
  body(): Schemas["ProviderCreate"];
  readonly complete: boolean;
  close(): void;
  readonly children: ReactNode;
}

export function ProviderForm({ body, complete, close, children }: ProviderFormProps) {
  const t = useText().providers;
  const { mutate, error, isPending } = useChange("providerCreate", { quiet: true });
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        mutate({ body: body() }, { onSuccess: () => close() });
      }}
    >
      <Stack gap="sm">{children}</Stack>
      <FormEnd action={t.add} close={close} error={error} pending={isPending} disabled={!complete} />
    </form>
  );
}

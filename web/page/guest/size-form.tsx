/** Changes how many processors and how much memory a guest has. */
import { NumberInput, SimpleGrid } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type { Schemas } from "#contract/schemas";
import { putObject } from "../../data/apply.ts";
import { useChange } from "../../data/change.ts";
import { bytes } from "../../text/format.ts";
import { useLanguage } from "../../text/use-text.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { FormEnd } from "../../ui/form-end.tsx";
import { sizeChange, sizeRange } from "./size-wish.ts";

interface FormProps {
  readonly guest: Schemas["Guest"];
  close(): void;
}

export function SizeForm({ guest, close }: FormProps) {
  const { text, language } = useLanguage();
  const t = text.size;
  const queries = useQueryClient();
  const range = sizeRange(guest);
  const [wish, setWish] = useState({ cpus: guest.cpus, memory: range.now });
  const { mutate, error, isPending } = useChange("guestUpdate", { quiet: true });
  const body = sizeChange(guest, wish);
  const size = (mebibytes: number) => bytes(mebibytes * 2 ** 20, language);
  const fixed = range.memory[0] === range.memory[1] && range.cpus[0] === range.cpus[1];
  const hint =
    guest.state !== "running" ? t.resting : t.running(size(range.memory[0]), size(range.memory[1]));
  return (
    <Dialog opened onClose={close} title={t.of(guest.name)} size="sm">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          mutate(
            { params: { guest: guest.id }, body },
            {
              onSuccess: (changed) => {
                putObject(queries, "guest", changed);
                close();
              },
            },
          );
        }}
      >
        <p className="soft" style={{ marginBottom: 12 }}>
          {fixed ? t.fixed : hint}
        </p>
        <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="sm">
          <NumberInput
            label={t.cpus}
            allowDecimal={false}
            min={range.cpus[0]}
            max={range.cpus[1]}
            disabled={range.cpus[0] === range.cpus[1]}
            value={wish.cpus}
            onChange={(value) => setWish({ ...wish, cpus: Number(value) || wish.cpus })}
          />
          <NumberInput
            label={t.memory}
            allowDecimal={false}
            step={256}
            min={range.memory[0]}
            max={range.memory[1]}
            disabled={range.memory[0] === range.memory[1]}
            value={wish.memory}
            onChange={(value) => setWish({ ...wish, memory: Number(value) || wish.memory })}
          />
        </SimpleGrid>
        <FormEnd
          action={text.common.save}
          close={close}
          error={error}
          pending={isPending}
          disabled={Object.keys(body).length === 0}
        />
      </form>
    </Dialog>
  );
}

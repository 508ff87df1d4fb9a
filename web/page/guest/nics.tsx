/** Adds a network card to a guest. */
import { Select, TextInput } from "@mantine/core";
import { useState } from "react";
import { defaultProject } from "#contract/access";
import type { Schemas } from "#contract/schemas";
import { useChange } from "../../data/change.ts";
import { useRead } from "../../data/query.ts";
import { useText } from "../../text/use-text.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { FormEnd } from "../../ui/form-end.tsx";

interface AddProps {
  readonly guest: Schemas["Guest"];
  close(): void;
}

export function AddNic({ guest, close }: AddProps) {
  const text = useText();
  const t = text.network;
  const [network, setNetwork] = useState("default");
  const [address, setAddress] = useState("");
  const { mutate, error, isPending } = useChange("nicAdd", { quiet: true });
  const project = guest.project ?? defaultProject;
  const known = useRead("networkList", {}, { whole: true }).data ?? [];
  const reachable = known.filter((one) => one.project === undefined || one.project === project);
  const chosen = reachable.find(({ name }) => name === network);
  return (
    <Dialog opened onClose={close} title={t.addNic} size="sm">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          const asked = address.trim() === "" ? {} : { address: address.trim() };
          mutate({ params: { guest: guest.id }, body: { network, ...asked } }, { onSuccess: close });
        }}
      >
        <Select
          mb="md"
          label={t.nicPlace}
          description={t.addNicHint}
          allowDeselect={false}
          data={reachable.map(({ name }) => ({ value: name, label: name }))}
          value={network}
          onChange={(value) => setNetwork(value ?? "default")}
          data-autofocus
        />
        {chosen?.subnet !== undefined && (
          <TextInput
            label={t.address}
            description={`${t.addressHint} ${chosen.subnet}`}
            value={address}
            onChange={(event) => setAddress(event.currentTarget.value)}
            spellCheck={false}
            autoComplete="off"
          />
        )}
        <FormEnd action={t.addNic} close={close} error={error} pending={isPending} />
      </form>
    </Dialog>
  );
}

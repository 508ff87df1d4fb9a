/** Makes a host that is alone the first of a cluster, and says beforehand what that is. */
import { TextInput } from "@mantine/core";
import { useState } from "react";
import { useChange } from "../../data/change.ts";
import { useText } from "../../text/use-text.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { FormEnd } from "../../ui/form-end.tsx";

interface MakeProps {
  /** As it is called by now. */
  readonly host: string;
  close(): void;
}

export function MakeCluster({ host, close }: MakeProps) {
  const t = useText().cluster;
  const [name, setName] = useState(host);
  const [address, setAddress] = useState("");
  const { mutate, error, isPending } = useChange("clusterInit", { quiet: true });
  function submit(): void {
    const body = {
      ...(name.trim() === "" ? {} : { name: name.trim() }),
      ...(address.trim() === "" ? {} : { address: address.trim() }),
    };
    mutate({ body }, { onSuccess: close });
  }
  return (
    <Dialog opened onClose={close} title={t.makeTitle} size="md">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          submit();
        }}
      >
        <p>{t.makeHint}</p>
        <p className="soft" style={{ marginTop: 8 }}>
          {t.makeAfter}
        </p>
        <TextInput
          mt="md"
          label={t.name}
          description={t.nameHint}
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
          autoCapitalize="none"
          spellCheck={false}
          data-autofocus
        />
        <TextInput
          mt="md"
          label={t.address}
          description={t.addressHint}
          value={address}
          onChange={(event) => setAddress(event.currentTarget.value)}
          autoCapitalize="none"
          spellCheck={false}
        />
        <FormEnd action={t.make} close={close} error={error} pending={isPending} />
      </form>
    </Dialog>
  );
}

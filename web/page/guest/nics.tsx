/** Adds a network card to a guest. */
import { Button, NumberInput, Select, TextInput } from "@mantine/core";
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
  const [more, setMore] = useState(false);
  const [mac, setMac] = useState("");
  const [mtu, setMtu] = useState<number | string>("");
  const [vlan, setVlan] = useState<number | string>("");
  const { mutate, error, isPending } = useChange("nicAdd", { quiet: true });
  const project = guest.project ?? defaultProject;
  const known = useRead("networkList", {}, { whole: true }).data ?? [];
  const reachable = known.filter((one) => one.project === undefined || one.project === project);
  const chosen = reachable.find(({ name }) => name === network);
  // Where the network has a tag or addresses itself, a card has no tag of its own.
  const tags = chosen?.kind === "bridge" && chosen.vlan === undefined && chosen.subnet === undefined;
  const wish = (): Schemas["NicAdd"] => ({
    network,
    ...(address.trim() === "" || chosen?.subnet === undefined ? {} : { address: address.trim() }),
    ...(mac.trim() === "" ? {} : { mac: mac.trim().toLowerCase() }),
    ...(typeof mtu === "number" ? { mtu } : {}),
    ...(tags && typeof vlan === "number" ? { vlan } : {}),
  });
  return (
    <Dialog opened onClose={close} title={t.addNic} size="sm">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          mutate({ params: { guest: guest.id }, body: wish() }, { onSuccess: close });
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
        {tags && (
          <NumberInput
            label={t.vlan}
            description={t.nicVlanHint}
            min={1}
            max={4094}
            allowDecimal={false}
            value={vlan}
            onChange={setVlan}
          />
        )}
        <Button
          variant="subtle"
          color="gray"
          px={10}
          ml={-10}
          mt="sm"
          aria-expanded={more}
          onClick={() => setMore(!more)}
        >
          {more ? text.create.less : text.create.more}
        </Button>
        {more && (
          <>
            <TextInput
              mt="sm"
              label={text.guest.mac}
              description={t.macHint}
              placeholder="52:54:00:10:20:30"
              value={mac}
              onChange={(event) => setMac(event.currentTarget.value)}
              spellCheck={false}
              autoComplete="off"
            />
            <NumberInput
              mt="md"
              label={t.mtu}
              description={t.nicMtuHint}
              min={1280}
              max={9216}
              allowDecimal={false}
              value={mtu}
              onChange={setMtu}
            />
          </>
        )}
        <FormEnd action={t.addNic} close={close} error={error} pending={isPending} />
      </form>
    </Dialog>
  );
}

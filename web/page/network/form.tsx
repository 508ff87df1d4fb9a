/** Makes a network, or changes one. */
import { Button, Checkbox, NumberInput, Select, TextInput } from "@mantine/core";
import { useState } from "react";
import type { Schemas } from "#contract/schemas";
import { useChange } from "../../data/change.ts";
import { useMayOnHost } from "../../data/session.tsx";
import { useText } from "../../text/use-text.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { FormEnd } from "../../ui/form-end.tsx";

type Network = Schemas["Network"];
type Kind = Network["kind"];
type Route = NonNullable<Network["routes"]>[number];

interface FormProps {
  /** The one that is changed; none: one is made. */
  readonly network?: Network;
  close(): void;
}

interface Fields {
  readonly name: string;
  readonly kind: Kind;
  readonly description: string;
  readonly subnet: string;
  readonly subnet6: string;
  readonly uplink: string;
  readonly vlan: number | string;
  readonly dhcp: boolean;
  readonly mtu: number | string;
  readonly dns: string;
  readonly domain: string;
  readonly routes: string;
  readonly isolateGuests: boolean;
}

const fieldsOf = (network: Network | undefined): Fields => ({
  name: network?.name ?? "",
  kind: network?.kind ?? "nat",
  description: network?.description ?? "",
  subnet: network?.subnet ?? "",
  subnet6: network?.subnet6 ?? "",
  uplink: network?.uplink ?? "",
  vlan: network?.vlan ?? "",
  dhcp: network?.dhcp ?? true,
  mtu: network?.mtu ?? "",
  dns: network?.dns?.join(" ") ?? "",
  domain: network?.domain ?? "",
  isolateGuests: network?.isolateGuests ?? false,
  routes: network?.routes?.map(({ to, via }) => `${to}=${via}`).join(" ") ?? "",
});

const words = (given: string): string[] => given.split(/[\s,]+/).filter((word) => word !== "");

function routesOf(given: string): Route[] {
  return words(given).map((word) => {
    const [to = "", via = ""] = word.split("=", 2);
    return { to, via };
  });
}

const number = (key: "mtu" | "vlan", value: number | string) =>
  typeof value === "number" ? { [key]: value } : {};
const said = (key: "subnet" | "subnet6" | "uplink" | "description" | "domain", value: string) =>
  value.trim() === "" ? {} : { [key]: value.trim() };

function creationOf(fields: Fields): Schemas["NetworkCreate"] {
  const { name, kind, dns, routes } = fields;
  const bridge = kind === "bridge";
  const addressed = kind !== "user" && (!bridge || fields.subnet.trim() !== "");
  return {
    name: name.trim(),
    kind,
    ...said("description", fields.description),
    ...(kind === "user" ? {} : { ...said("subnet", fields.subnet), ...number("mtu", fields.mtu) }),
    ...(addressed ? said("subnet6", fields.subnet6) : {}),
    ...(bridge ? { ...said("uplink", fields.uplink), ...number("vlan", fields.vlan) } : {}),
    ...(bridge && addressed && !fields.dhcp ? { dhcp: false } : {}),
    ...(addressed && words(dns).length > 0 ? { dns: words(dns) } : {}),
    ...(addressed && words(routes).length > 0 ? { routes: routesOf(routes) } : {}),
    ...(addressed ? said("domain", fields.domain) : {}),
    ...(kind !== "user" && fields.isolateGuests ? { isolateGuests: true } : {}),
  };
}

export function NetworkForm({ network, close }: FormProps) {
  const text = useText();
  const t = text.network;
  const [fields, setFields] = useState(() => fieldsOf(network));
  const [more, setMore] = useState(network !== undefined);
  const create = useChange("networkCreate", { quiet: true });
  const update = useChange("networkUpdate", { quiet: true });
  const set = (change: Partial<Fields>) => setFields((old) => ({ ...old, ...change }));
  const done = { onSuccess: close };
  function submit(): void {
    if (!network) return create.mutate({ body: creationOf(fields) }, done);
    const { description, mtu, dns, routes, isolateGuests } = fields;
    const technical =
      network.kind === "user"
        ? {}
        : {
            ...number("mtu", mtu),
            ...said("domain", fields.domain),
            dns: words(dns),
            routes: routesOf(routes),
            isolateGuests,
          };
    update.mutate(
      { params: { network: network.id }, body: { description: description.trim(), ...technical } },
      done,
    );
  }
  return (
    <Dialog opened onClose={close} title={network ? network.name : t.add} size="md">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          submit();
        }}
      >
        {!network && <Making fields={fields} set={set} />}
        <TextInput
          mb="md"
          label={t.about}
          value={fields.description}
          onChange={(event) => set({ description: event.currentTarget.value })}
          {...(network ? { "data-autofocus": true } : {})}
        />
        {fields.kind !== "user" && !network && (
          <Button
            variant="subtle"
            color="gray"
            px={10}
            ml={-10}
            mb={more ? "sm" : 0}
            aria-expanded={more}
            onClick={() => setMore(!more)}
          >
            {more ? text.create.less : text.create.more}
          </Button>
        )}
        {fields.kind !== "user" && more && <Settings fields={fields} set={set} />}
        <FormEnd
          action={network ? text.common.save : text.common.create}
          close={close}
          error={create.error ?? update.error}
          pending={create.isPending || update.isPending}
        />
      </form>
    </Dialog>
  );
}

interface PartProps {
  readonly fields: Fields;
  set(change: Partial<Fields>): void;
}

/** What stands behind a kind elsewhere, by itself. */
const sentence = (words: string): string => `${words.slice(0, 1).toUpperCase()}${words.slice(1)}.`;

function Making({ fields, set }: PartProps) {
  const text = useText();
  const t = text.network;
  const mayAll = useMayOnHost("admin");
  const mayChoose = useMayOnHost("operator");
  const kinds: readonly Kind[] = mayAll
    ? ["nat", "isolated", "routed", "bridge", "user"]
    : ["nat", "isolated", "user"];
  const plain = { autoCapitalize: "none", spellCheck: false, autoComplete: "off", mb: "md" } as const;
  const bridge = fields.kind === "bridge";
  return (
    <>
      <TextInput
        {...plain}
        required
        label={text.common.name}
        description={t.nameHint}
        value={fields.name}
        onChange={(event) => set({ name: event.currentTarget.value })}
        data-autofocus
      />
      <Select
        mb="md"
        label={text.networks.kind}
        description={sentence(text.networks.hints[fields.kind])}
        allowDeselect={false}
        data={kinds.map((kind) => ({ value: kind, label: text.networks.kinds[kind] }))}
        value={fields.kind}
        onChange={(value) => set({ kind: value as Kind })}
      />
      {bridge && (
        <>
          <TextInput
            {...plain}
            required
            label={t.uplink}
            description={t.uplinkHint}
            placeholder="eth1"
            value={fields.uplink}
            onChange={(event) => set({ uplink: event.currentTarget.value })}
          />
          <NumberInput
            mb="md"
            label={t.vlan}
            description={t.vlanHint}
            min={1}
            max={4094}
            allowDecimal={false}
            value={fields.vlan}
            onChange={(vlan) => set({ vlan })}
          />
        </>
      )}
      {fields.kind !== "user" && mayChoose && (
        <TextInput
          {...plain}
          label={text.networks.subnet}
          description={bridge ? t.bridgeSubnetHint : t.subnetHint}
          placeholder="10.77.3.0/24"
          value={fields.subnet}
          onChange={(event) => set({ subnet: event.currentTarget.value })}
        />
      )}
      {fields.kind !== "user" && mayChoose && (!bridge || fields.subnet !== "") && (
        <TextInput
          {...plain}
          label={t.subnet6}
          description={bridge ? t.optional : t.subnet6Hint}
          placeholder="fd12:3456:789a:1::/64"
          value={fields.subnet6}
          onChange={(event) => set({ subnet6: event.currentTarget.value })}
        />
      )}
      {bridge && fields.subnet !== "" && (
        <Checkbox
          mb="md"
          size="xs"
          label={t.dhcp}
          checked={fields.dhcp}
          onChange={(event) => set({ dhcp: event.currentTarget.checked })}
        />
      )}
    </>
  );
}

function Settings({ fields, set }: PartProps) {
  const t = useText().network;
  const plain = { spellCheck: false, autoComplete: "off", mb: "md", classNames: { input: "mono" } } as const;
  return (
    <>
      <NumberInput
        mb="md"
        label={t.mtu}
        description={t.mtuHint}
        min={1280}
        max={9216}
        allowDecimal={false}
        value={fields.mtu}
        onChange={(mtu) => set({ mtu })}
      />
      <TextInput
        {...plain}
        label={t.dns}
        description={t.dnsHint}
        value={fields.dns}
        onChange={(event) => set({ dns: event.currentTarget.value })}
      />
      <TextInput
        {...plain}
        label={t.domain}
        description={t.domainHint}
        placeholder="lodge.internal"
        value={fields.domain}
        onChange={(event) => set({ domain: event.currentTarget.value })}
      />
      <TextInput
        {...plain}
        label={t.routes}
        description={t.routesHint}
        placeholder="10.9.0.0/16=10.77.3.7"
        value={fields.routes}
        onChange={(event) => set({ routes: event.currentTarget.value })}
      />
      <Checkbox
        mb="md"
        size="xs"
        label={t.isolate}
        description={t.isolateHint}
        checked={fields.isolateGuests}
        onChange={(event) => set({ isolateGuests: event.currentTarget.checked })}
      />
    </>
  );
}

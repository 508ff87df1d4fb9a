/** Makes a volume, and does with one what its menu offers. */
import { Checkbox, NativeSelect, NumberInput, Text, TextInput } from "@mantine/core";
import { useState, type ReactNode } from "react";
import type { LodgeError } from "#contract/errors";
import { defaultPool } from "#contract/schema/pool";
import type { Schemas } from "#contract/schemas";
import { useChange } from "../../data/change.ts";
import { may } from "../../data/guest-action.ts";
import { useRead } from "../../data/query.ts";
import { useText } from "../../text/use-text.tsx";
import { Confirm } from "../../ui/confirm.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { distinctHosts } from "../../ui/host-column.tsx";
import { HostSelect } from "../../ui/host-select.tsx";
import { FormEnd } from "../../ui/form-end.tsx";
import type { Doing } from "./actions.tsx";

type Volume = Schemas["Volume"];
const GiB = 1024 ** 3;

interface FormProps {
  readonly title: string;
  readonly hint?: string;
  readonly action: string;
  readonly error: LodgeError | null;
  readonly pending: boolean;
  readonly disabled?: boolean;
  readonly children?: ReactNode;
  close(): void;
  submit(): void;
}

function Form({ title, hint, action, error, pending, disabled = false, children, close, submit }: FormProps) {
  return (
    <Dialog opened onClose={close} title={title} size="sm">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          submit();
        }}
      >
        {hint !== undefined && (
          <Text size="sm" mb="md">
            {hint}
          </Text>
        )}
        {children}
        <FormEnd action={action} close={close} error={error} pending={pending} disabled={disabled} />
      </form>
    </Dialog>
  );
}

interface PoolProps {
  readonly value: string;
  /** Left out: it is there already. */
  readonly but?: string;
  /** Those of one host of the cluster. */
  readonly host: string | undefined;
  change(pool: string): void;
}

/** Names of those that can be used, on one host where there are several. */
function usePools(host: string | undefined): readonly string[] {
  const { data = [] } = useRead("poolList");
  return data.filter((pool) => pool.state === "ready" && pool.host === host).map(({ name }) => name);
}

function PoolSelect({ value, but, host, change }: PoolProps) {
  const t = useText().volumes;
  const names = usePools(host).filter((name) => name !== but);
  return (
    <NativeSelect
      label={t.pool}
      data={names.includes(value) || value === "" ? names : [value, ...names]}
      value={value}
      onChange={(event) => change(event.currentTarget.value)}
    />
  );
}

function NameInput({ value, change }: { readonly value: string; change(name: string): void }) {
  const text = useText();
  return (
    <TextInput
      required
      mb="md"
      label={text.common.name}
      description={text.volumes.nameHint}
      value={value}
      onChange={(event) => change(event.currentTarget.value)}
      autoCapitalize="none"
      spellCheck={false}
      data-autofocus
    />
  );
}

interface SizeProps {
  readonly value: number;
  readonly least: number;
  change(size: number): void;
}

function SizeInput({ value, least, change }: SizeProps) {
  const t = useText().volumes;
  return (
    <NumberInput
      mb="md"
      label={t.sizeGiB}
      min={least}
      allowDecimal={false}
      value={value}
      onChange={(size) => change(Number(size) || least)}
    />
  );
}

export function NewVolume({ close }: { close(): void }) {
  const text = useText();
  const [name, setName] = useState("");
  const [size, setSize] = useState(10);
  const [pool, setPool] = useState<string>(defaultPool);
  const [encrypt, setEncrypt] = useState(false);
  const hosts = distinctHosts(useRead("poolList").data);
  const [chosen, setHost] = useState<string>();
  const host = chosen ?? hosts[0];
  const { mutate, error, isPending } = useChange("volumeCreate", { quiet: true });
  const submit = () =>
    mutate({ host, body: { name: name.trim(), size: size * GiB, pool, encrypt } }, { onSuccess: close });
  return (
    <Form
      title={text.volumes.add}
      action={text.common.create}
      {...{ error, pending: isPending, close, submit }}
    >
      <NameInput value={name} change={setName} />
      <SizeInput value={size} least={1} change={setSize} />
      <HostSelect hosts={hosts} value={host} change={setHost} />
      <PoolSelect host={host} value={pool} change={setPool} />
      <Checkbox
        mt="md"
        label={text.volumes.encrypt}
        description={text.volumes.encryptHint}
        checked={encrypt}
        onChange={(event) => setEncrypt(event.currentTarget.checked)}
      />
    </Form>
  );
}

interface ActProps {
  readonly volume: Volume;
  close(): void;
}

export function VolumeDialog({ doing, close }: { readonly doing: Doing | undefined; close(): void }) {
  const text = useText();
  const t = text.volumes;
  const remove = useChange("volumeDelete").mutate;
  const { act, volume } = doing ?? {};
  const question =
    act === "remove" && volume
      ? {
          title: t.removeTitle(volume.name),
          warning: t.removeWarning,
          action: text.common.remove,
          name: volume.name,
          confirm: () => remove({ params: { volume: volume.id } }),
        }
      : undefined;
  return (
    <>
      {volume && act === "attach" && <Attach volume={volume} close={close} />}
      {volume && act === "detach" && <Detach volume={volume} close={close} />}
      {volume && act === "resize" && <Resize volume={volume} close={close} />}
      {volume && act === "clone" && <Clone volume={volume} close={close} />}
      {volume && act === "move" && <Move volume={volume} close={close} />}
      <Confirm question={question} close={close} />
    </>
  );
}

function Attach({ volume, close }: ActProps) {
  const t = useText().volumes;
  const guests = useRead("guestList", {}, { whole: true }).data ?? [];
  const able = guests.filter(
    (guest) => guest.project === volume.project && guest.host === volume.host && may("add-disk", guest),
  );
  const [chosen, setChosen] = useState("");
  const guest = chosen || (able[0]?.id ?? "");
  const { mutate, error, isPending } = useChange("volumeAttach", { quiet: true });
  const submit = () => mutate({ params: { volume: volume.id }, body: { guest } }, { onSuccess: close });
  const none = able.length === 0;
  return (
    <Form
      title={`${volume.name}: ${t.attach}`}
      action={t.attach}
      {...(none ? { hint: t.noGuests } : {})}
      {...{ error, pending: isPending, disabled: none, close, submit }}
    >
      {!none && (
        <NativeSelect
          label={t.guest}
          data={able.map(({ id, name }) => ({ value: id, label: name }))}
          value={guest}
          onChange={(event) => setChosen(event.currentTarget.value)}
          data-autofocus
        />
      )}
    </Form>
  );
}

function Detach({ volume, close }: ActProps) {
  const t = useText().volumes;
  const [force, setForce] = useState(false);
  const { mutate, error, isPending } = useChange("volumeDetach", { quiet: true });
  const body = force ? { force } : {};
  const submit = () => mutate({ params: { volume: volume.id }, body }, { onSuccess: close });
  return (
    <Form
      title={`${volume.name}: ${t.detach}`}
      hint={t.detachHint}
      action={t.detach}
      {...{ error, pending: isPending, close, submit }}
    >
      <Checkbox
        label={t.force}
        description={t.forceHint}
        checked={force}
        onChange={(event) => setForce(event.currentTarget.checked)}
      />
    </Form>
  );
}

function Resize({ volume, close }: ActProps) {
  const t = useText().volumes;
  const least = Math.ceil(volume.size / GiB);
  const [size, setSize] = useState(least);
  const { mutate, error, isPending } = useChange("volumeResize", { quiet: true });
  const submit = () =>
    mutate({ params: { volume: volume.id }, body: { size: size * GiB } }, { onSuccess: close });
  return (
    <Form
      title={`${volume.name}: ${t.resize}`}
      hint={t.resizeHint}
      action={t.resize}
      {...{ error, pending: isPending, close, submit }}
    >
      <SizeInput value={size} least={least} change={setSize} />
    </Form>
  );
}

function Clone({ volume, close }: ActProps) {
  const t = useText().volumes;
  const [name, setName] = useState("");
  const [pool, setPool] = useState(volume.pool);
  const [full, setFull] = useState(false);
  const { mutate, error, isPending } = useChange("volumeClone", { quiet: true });
  const body = { name: name.trim(), pool, ...(full ? { full } : {}) };
  const submit = () => mutate({ params: { volume: volume.id }, body }, { onSuccess: close });
  return (
    <Form
      title={`${volume.name}: ${t.clone}`}
      hint={t.cloneHint}
      action={t.clone}
      {...{ error, pending: isPending, close, submit }}
    >
      <NameInput value={name} change={setName} />
      <PoolSelect host={volume.host} value={pool} change={setPool} />
      <Checkbox
        mt="md"
        label={t.full}
        checked={full || pool !== volume.pool}
        disabled={pool !== volume.pool}
        onChange={(event) => setFull(event.currentTarget.checked)}
      />
    </Form>
  );
}

function Move({ volume, close }: ActProps) {
  const t = useText().volumes;
  const others = usePools(volume.host).filter((name) => name !== volume.pool);
  const [chosen, setChosen] = useState("");
  const pool = chosen || (others[0] ?? "");
  const { mutate, error, isPending } = useChange("volumeMove", { quiet: true });
  const submit = () => mutate({ params: { volume: volume.id }, body: { pool } }, { onSuccess: close });
  return (
    <Form
      title={`${volume.name}: ${t.move}`}
      hint={t.moveHint}
      action={t.move}
      {...{ error, pending: isPending, disabled: pool === "", close, submit }}
    >
      <PoolSelect host={volume.host} value={pool} but={volume.pool} change={setChosen} />
    </Form>
  );
}

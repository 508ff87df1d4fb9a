/** Makes a pool, or changes what is said of one. */
import { NativeSelect, NumberInput, TextInput } from "@mantine/core";
import { useState } from "react";
import { poolKinds, type PoolKind } from "#contract/schema/pool";
import type { Schemas } from "#contract/schemas";
import { useChange } from "../../data/change.ts";
import { CephFields, cephBody, noCeph, type CephAccess } from "./ceph-fields.tsx";
import { useText } from "../../text/use-text.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { HostSelect } from "../../ui/host-select.tsx";
import { FormEnd } from "../../ui/form-end.tsx";

const GiB = 1024 ** 3;

const examples: Partial<Record<PoolKind, string>> = { lvm: "vg0/thin", rbd: "rbd" };

interface PoolFormProps {
  /** The one that is changed; undefined: another is made. */
  readonly pool?: Schemas["Pool"];
  /** Of the cluster, one of which has it; none on a single host. */
  readonly hosts?: readonly string[];
  close(): void;
}

export function PoolForm({ pool, hosts = [], close }: PoolFormProps) {
  const text = useText();
  const t = text.pools;
  const [name, setName] = useState("");
  const [host, setHost] = useState(pool?.host ?? hosts[0]);
  const [kind, setKind] = useState<PoolKind>("directory");
  const [target, setTarget] = useState("");
  const [description, setDescription] = useState(pool?.description ?? "");
  const [ceph, setCeph] = useState<CephAccess>({
    ...noCeph,
    monitors: pool?.monitors?.join(" ") ?? "",
    user: pool?.user ?? "",
  });
  const isCeph = (pool?.kind ?? kind) === "rbd";
  const [quota, setQuota] = useState<number | undefined>(pool?.quota && pool.quota / GiB);
  const create = useChange("poolCreate", { quiet: true });
  const update = useChange("poolUpdate", { quiet: true });
  const done = { onSuccess: close };
  const limit = quota === undefined ? undefined : Math.round(quota * GiB);
  const hints: Partial<Record<PoolKind, string>> = { lvm: t.lvmHint, rbd: t.rbdHint };
  function submit(): void {
    if (pool)
      return update.mutate(
        {
          host,
          params: { pool: pool.name },
          body: { description, quota: limit ?? null, ...(isCeph ? cephBody(ceph) : {}) },
        },
        done,
      );
    const access = isCeph ? cephBody(ceph) : {};
    const body = { name: name.trim(), kind, target: target.trim(), ...access, description };
    create.mutate({ host, body: limit === undefined ? body : { ...body, quota: limit } }, done);
  }
  return (
    <Dialog opened onClose={close} title={pool ? pool.name : t.add} size="sm">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          submit();
        }}
      >
        {!pool && (
          <>
            <TextInput
              required
              mb="md"
              label={text.common.name}
              description={text.volumes.nameHint}
              value={name}
              onChange={(event) => setName(event.currentTarget.value)}
              autoCapitalize="none"
              spellCheck={false}
              data-autofocus
            />
            <HostSelect hosts={hosts} value={host} change={setHost} />
            <NativeSelect
              mb="md"
              label={t.kind}
              description={t.kindHints[kind]}
              data={poolKinds.map((value) => ({ value, label: t.kinds[value] }))}
              value={kind}
              onChange={(event) => setKind(event.currentTarget.value as PoolKind)}
            />
            <TextInput
              required
              mb="md"
              label={t.target}
              description={hints[kind] ?? t.targetHint}
              placeholder={examples[kind] ?? "/srv/lodge"}
              value={target}
              onChange={(event) => setTarget(event.currentTarget.value)}
              autoCapitalize="none"
              spellCheck={false}
            />
          </>
        )}
        {isCeph && <CephFields access={ceph} change={setCeph} known={pool !== undefined} />}
        <TextInput
          mb="md"
          label={t.about}
          value={description}
          onChange={(event) => setDescription(event.currentTarget.value)}
          {...(pool ? { "data-autofocus": true } : {})}
        />
        <NumberInput
          label={t.quota}
          description={t.quotaHint}
          min={1}
          value={quota ?? ""}
          onChange={(value) => setQuota(value === "" ? undefined : Number(value))}
        />
        <FormEnd
          action={pool ? text.common.save : text.common.create}
          close={close}
          error={create.error ?? update.error}
          pending={create.isPending || update.isPending}
        />
      </form>
    </Dialog>
  );
}

/** What most guests do not need to have said. */
import { Checkbox, NumberInput, Select, Textarea, TextInput } from "@mantine/core";
import { defaultPool } from "#contract/schema/pool";
import { useHosts } from "../../data/hosts.ts";
import { useRead } from "../../data/query.ts";
import { useText } from "../../text/use-text.tsx";
import style from "./create.module.css";
import { LimitFields } from "./limit-fields.tsx";
import { noNetwork, type Wish } from "./wish.ts";

interface MoreProps {
  readonly wish: Wish;
  change(part: Partial<Wish>): void;
}

export function MoreSettings({ wish, change }: MoreProps) {
  const text = useText();
  const t = text.create;
  const networks = useRead("networkList").data ?? [];
  const hosts = useHosts().data?.filter(({ answers, witness }) => answers && !witness) ?? [];
  const pools = [...new Set((useRead("poolList").data ?? []).map(({ name }) => name))];
  const restarts = text.guest;
  return (
    <>
      <div className={style["two"]}>
        <NumberInput
          label={t.cpus}
          min={1}
          max={255}
          allowDecimal={false}
          value={wish.cpus}
          onChange={(value) => change({ cpus: Number(value) || 1 })}
        />
        <NumberInput
          label={t.memory}
          min={16}
          step={256}
          allowDecimal={false}
          value={wish.memory}
          onChange={(value) => change({ memory: Number(value) || 512 })}
        />
        <NumberInput
          label={t.maxMemory}
          description={t.maxMemoryHint}
          min={16}
          step={256}
          allowDecimal={false}
          value={wish.maxMemory}
          onChange={(value) => change({ maxMemory: typeof value === "number" ? value : "" })}
        />
        <NumberInput
          label={t.disk}
          description={t.diskHint}
          min={1}
          allowDecimal={false}
          value={wish.disk}
          onChange={(value) => change({ disk: typeof value === "number" ? value : "" })}
        />
        <Select
          label={t.network}
          allowDeselect={false}
          data={[
            ...networks.map(({ name }) => ({ value: name, label: name })),
            { value: noNetwork, label: t.noNetwork },
          ]}
          value={wish.network}
          onChange={(value) => change({ network: value ?? noNetwork })}
        />
        {hosts.length > 0 && (
          <Select
            label={text.guests.host}
            description={text.place.createHint}
            allowDeselect={false}
            data={[
              { value: "", label: text.move.choose },
              ...hosts.map(({ name }) => ({ value: name, label: name })),
            ]}
            value={wish.host}
            onChange={(value) => change({ host: value ?? "" })}
          />
        )}
        {pools.length > 1 && (
          <Select
            label={text.volumes.pool}
            allowDeselect={false}
            data={pools.map((name) => ({ value: name === defaultPool ? "" : name, label: name }))}
            value={wish.pool}
            onChange={(value) => change({ pool: value ?? "" })}
          />
        )}
        <Select
          label={t.firmware}
          allowDeselect={false}
          data={[
            { value: "bios", label: "BIOS" },
            { value: "uefi", label: "UEFI" },
          ]}
          value={wish.firmware}
          onChange={(value) => change({ firmware: value === "uefi" ? "uefi" : "bios" })}
        />
        <Select
          label={t.restart}
          allowDeselect={false}
          data={[
            { value: "never", label: restarts.restartNever },
            { value: "on-failure", label: restarts.restartOnFailure },
            { value: "always", label: restarts.restartAlways },
          ]}
          value={wish.restart}
          onChange={(value) => change({ restart: value as Wish["restart"] })}
        />
      </div>
      <fieldset className={style["set"]}>
        <legend className={style["legend"]}>{text.limits.title}</legend>
        <LimitFields wish={wish.limits} change={(part) => change({ limits: { ...wish.limits, ...part } })} />
      </fieldset>
      <TextInput
        label={t.description}
        value={wish.description}
        onChange={(event) => change({ description: event.currentTarget.value })}
      />
      <Textarea
        label={t.sshKey}
        description={t.sshKeyHint}
        autosize
        minRows={2}
        value={wish.sshKey}
        onChange={(event) => change({ sshKey: event.currentTarget.value })}
        spellCheck={false}
        classNames={{ input: "mono" }}
      />
      <Textarea
        label={t.userData}
        description={t.userDataHint}
        autosize
        minRows={3}
        maxRows={14}
        value={wish.userData}
        onChange={(event) => change({ userData: event.currentTarget.value })}
        spellCheck={false}
        classNames={{ input: "mono" }}
      />
      <div className={style["two"]}>
        {(
          [
            ["start", t.start],
            ["cold", t.cold],
            ["tpm", t.tpm],
            ["sound", t.sound],
            ["encrypted", t.encrypted],
            ["removeWhenStopped", t.removeWhenStopped],
          ] as const
        ).map(([key, label]) => (
          <Checkbox
            key={key}
            size="xs"
            label={label}
            checked={wish[key]}
            onChange={(event) => change({ [key]: event.currentTarget.checked })}
          />
        ))}
        {hosts.length > 0 && (
          <Checkbox
            size="xs"
            label={text.place.ha}
            description={text.place.haHint}
            checked={wish.ha}
            onChange={(event) => change({ ha: event.currentTarget.checked })}
          />
        )}
        {wish.firmware === "uefi" && (
          <Checkbox
            size="xs"
            label={t.secureBoot}
            checked={wish.secureBoot}
            onChange={(event) => change({ secureBoot: event.currentTarget.checked })}
          />
        )}
      </div>
    </>
  );
}

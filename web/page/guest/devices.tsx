/** Devices of the host that are handed on to a guest. */
import { Button, Select } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import type { Schemas } from "#contract/schemas";
import { putObject } from "../../data/apply.ts";
import { useChange } from "../../data/change.ts";
import { may } from "../../data/guest-action.ts";
import { useRead } from "../../data/query.ts";
import { useText } from "../../text/use-text.tsx";
import type { Column } from "../../ui/column.ts";
import { Dialog } from "../../ui/dialog.tsx";
import { Failure } from "../../ui/failure.tsx";
import { FormEnd } from "../../ui/form-end.tsx";
import { Loading } from "../../ui/loading.tsx";
import { OfHost } from "./of-host.tsx";

type Guest = Schemas["Guest"];
type HostDevice = Schemas["HostDevice"];

/** A row of the table. */
interface Handed {
  readonly device: string;
}

const deviceOf = ({ device }: Handed): string => device;

export function Devices({ guest }: { readonly guest: Guest }) {
  const text = useText();
  const t = text.devices;
  const queries = useQueryClient();
  const remove = useChange("deviceDetach").mutate;
  const columns = useMemo(
    (): readonly Column<Handed>[] => [
      {
        id: "device",
        header: t.device,
        width: "minmax(96px, 1fr)",
        cell: ({ device }) => <b className="mono">{device}</b>,
      },
      {
        id: "do",
        header: "",
        width: "104px",
        end: true,
        cell: ({ device }) => (
          <Button
            size="compact-xs"
            variant="default"
            disabled={!may("remove-device", guest)}
            onClick={() =>
              remove(
                { params: { guest: guest.id, device } },
                { onSuccess: (changed) => putObject(queries, "guest", changed) },
              )
            }
          >
            {text.common.remove}
          </Button>
        ),
      },
    ],
    [t, text, guest, remove, queries],
  );
  return (
    <OfHost
      guest={guest}
      needs="add-device"
      words={t}
      rows={(guest.devices ?? []).map((device): Handed => ({ device }))}
      columns={columns}
      id={deviceOf}
      dialog={(close) => <AddDevice guest={guest} close={close} />}
    />
  );
}

function AddDevice({ guest, close }: { readonly guest: Guest; close(): void }) {
  const t = useText().devices;
  const { data, error, refetch } = useRead("deviceList", {}, { whole: true, host: guest.host });
  return (
    <Dialog opened onClose={close} title={t.add} size="sm">
      {error ? (
        <Failure error={error} retry={() => void refetch()} />
      ) : data ? (
        <Choose guest={guest} devices={data} close={close} />
      ) : (
        <Loading rows={3} />
      )}
    </Dialog>
  );
}

interface ChooseProps {
  readonly guest: Guest;
  readonly devices: readonly HostDevice[];
  close(): void;
}

function Choose({ guest, devices, close }: ChooseProps) {
  const t = useText().devices;
  const queries = useQueryClient();
  const [chosen, setChosen] = useState<string | null>(null);
  const { mutate, error, isPending } = useChange("deviceAttach", { quiet: true });
  const free = devices.filter((one) => one.guest === undefined);
  const device = free.find(({ id }) => id === chosen);
  if (free.length === 0) return <p className="soft">{t.none}</p>;
  const label = ({ id, name, model }: HostDevice) => `${id}  ${name === "" ? model : name}`;
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (chosen === null) return;
        mutate(
          { params: { guest: guest.id }, body: { device: chosen } },
          {
            onSuccess(changed) {
              putObject(queries, "guest", changed);
              close();
            },
          },
        );
      }}
    >
      <Select
        label={t.device}
        description={t.addHint}
        data={free.map((one) => ({ value: one.id, label: label(one), disabled: one.problem !== undefined }))}
        value={chosen}
        onChange={setChosen}
        data-autofocus
      />
      {device?.along && <p className="soft">{t.along(device.along.join(", "))}</p>}
      <FormEnd action={t.add} close={close} error={error} pending={isPending} disabled={chosen === null} />
    </form>
  );
}

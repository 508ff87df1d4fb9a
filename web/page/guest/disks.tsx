/** A guest's disks and drives. */
import { Button, Group, NumberInput, Select } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconLock, IconPlus } from "@tabler/icons-react";
import { useMemo, useState } from "react";
import type { Schemas } from "#contract/schemas";
import { useChange } from "../../data/change.ts";
import { may, statesFor } from "../../data/guest-action.ts";
import { bytes } from "../../text/format.ts";
import { useLanguage, useText } from "../../text/use-text.tsx";
import { FormEnd } from "../../ui/form-end.tsx";
import { Confirm } from "../../ui/confirm.tsx";
import type { Question } from "../../ui/question.ts";
import { Failure } from "../../ui/failure.tsx";
import { Section } from "../../ui/page.tsx";
import type { Column } from "../../ui/column.ts";
import { Table } from "../../ui/table.tsx";
import { Drives } from "./drives.tsx";
import { Devices } from "./devices.tsx";
import { Shares } from "./shares.tsx";
import { Dialog } from "../../ui/dialog.tsx";

type Guest = Schemas["Guest"];
type Disk = Guest["disks"][number];
const GiB = 1024 ** 3;
const idOf = ({ id }: Disk): string => id;

export function Disks({ guest }: { readonly guest: Guest }) {
  const { text, language } = useLanguage();
  const t = text.guest;
  const [adding, add] = useDisclosure();
  const [growing, setGrowing] = useState<Disk>();
  const [asked, setAsked] = useState<Question>();
  const remove = useChange("diskRemove").mutate;
  const columns = useMemo((): readonly Column<Disk>[] => {
    const ask = (disk: Disk) =>
      setAsked({
        title: t.removeDiskTitle(disk.id),
        warning: t.removeDiskWarning,
        action: t.removeDisk,
        name: disk.id,
        confirm: () => remove({ params: { guest: guest.id, disk: disk.id } }),
      });
    return [
      {
        id: "disk",
        header: t.disk,
        width: "minmax(64px, 1fr)",
        cell: ({ id, encrypted }) => (
          <Group gap={4} wrap="nowrap">
            <b>{id}</b>
            {encrypted && <IconLock size={13} role="img" aria-label={t.encrypted} />}
          </Group>
        ),
      },
      {
        id: "size",
        header: t.size,
        width: "72px",
        cell: ({ size }) => <span className="number">{bytes(size, language)}</span>,
      },
      { id: "bus", header: t.bus, width: "100px", wide: true, cell: ({ bus }) => bus },
      { id: "format", header: t.format, width: "80px", wide: true, cell: ({ format }) => format },
      {
        id: "serial",
        header: t.serialNumber,
        width: "minmax(120px, 1fr)",
        wide: true,
        cell: ({ serial }) => <span className="mono soft">{serial}</span>,
      },
      {
        id: "do",
        header: "",
        width: "172px",
        end: true,
        cell: (disk) => (
          <Group gap={4} justify="flex-end" wrap="nowrap">
            <Doing guest={guest} needs="resize-disk" label={t.resizeDisk} run={() => setGrowing(disk)} />
            {disk.id === guest.disks[0]?.id ? null : (
              <Doing guest={guest} needs="remove-disk" label={t.removeDisk} run={() => ask(disk)} />
            )}
          </Group>
        ),
      },
    ];
  }, [t, language, guest, remove]);
  const addButton = (
    <Button
      variant="default"
      leftSection={<IconPlus size={14} />}
      disabled={!may("add-disk", guest)}
      onClick={add.open}
    >
      {t.addDisk}
    </Button>
  );
  return (
    <>
      <Section title={t.disks} hint={t.bootDiskStays} actions={addButton}>
        <Table label={t.disks} rows={guest.disks} columns={columns} id={idOf} />
      </Section>
      <Drives guest={guest} />
      <Shares guest={guest} />
      <Devices guest={guest} />
      <AddDisk guest={guest} opened={adding} close={add.close} />
      <GrowDisk guest={guest} disk={growing} close={() => setGrowing(undefined)} />
      <Confirm question={asked} close={() => setAsked(undefined)} />
    </>
  );
}

interface DoingProps {
  readonly guest: Guest;
  readonly needs: "resize-disk" | "remove-disk";
  readonly label: string;
  run(): void;
}

function Doing({ guest, needs, label, run }: DoingProps) {
  const text = useText();
  const allowed = may(needs, guest);
  return (
    <Button
      size="compact-xs"
      variant="default"
      disabled={!allowed}
      {...(allowed ? {} : { title: text.actions.notIn(label, statesFor(needs, text)) })}
      onClick={run}
    >
      {label}
    </Button>
  );
}

interface SizeProps {
  readonly title: string;
  readonly hint: string;
  readonly action: string;
  readonly least: number;
  readonly pending: boolean;
  readonly children?: React.ReactNode;
  close(): void;
  submit(size: number): void;
}

function SizeForm({ hint, action, least, pending, children, close, submit }: Omit<SizeProps, "title">) {
  const text = useText();
  const [size, setSize] = useState(least);
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        submit(size * GiB);
      }}
    >
      <NumberInput
        label={text.create.disk}
        description={hint}
        min={1}
        allowDecimal={false}
        value={size}
        onChange={(value) => setSize(Number(value) || least)}
        data-autofocus
      />
      {children}
      <FormEnd action={action} close={close} pending={pending} />
    </form>
  );
}

function AddDisk({
  guest,
  opened,
  close,
}: {
  readonly guest: Guest;
  readonly opened: boolean;
  close(): void;
}) {
  const text = useText();
  const [bus, setBus] = useState<Disk["bus"]>("virtio-blk");
  const { mutate, error, isPending } = useChange("diskAdd", { quiet: true });
  return (
    <Dialog opened={opened} onClose={close} title={text.guest.addDisk} size="sm">
      <SizeForm
        hint={text.guest.addDiskHint}
        action={text.guest.addDisk}
        least={10}
        pending={isPending}
        close={close}
        submit={(size) => mutate({ params: { guest: guest.id }, body: { size, bus } }, { onSuccess: close })}
      >
        <Select
          mt="md"
          label={text.guest.bus}
          data={["virtio-blk", "virtio-scsi", "sata"]}
          allowDeselect={false}
          value={bus}
          onChange={(value) => setBus(value as Disk["bus"])}
        />
        {error && <Failure error={error} />}
      </SizeForm>
    </Dialog>
  );
}

interface GrowProps {
  readonly guest: Guest;
  readonly disk: Disk | undefined;
  close(): void;
}

function GrowDisk({ guest, disk, close }: GrowProps) {
  const text = useText();
  const { mutate, error, isPending } = useChange("diskResize", { quiet: true });
  return (
    <Dialog
      opened={disk !== undefined}
      onClose={close}
      title={disk && text.guest.resizeTitle(disk.id)}
      size="sm"
    >
      {disk && (
        <SizeForm
          hint={text.guest.resizeHint}
          action={text.guest.resizeDisk}
          least={Math.floor(disk.size / GiB) + 1}
          pending={isPending}
          close={close}
          submit={(size) =>
            mutate({ params: { guest: guest.id, disk: disk.id }, body: { size } }, { onSuccess: close })
          }
        >
          {error && <Failure error={error} />}
        </SizeForm>
      )}
    </Dialog>
  );
}

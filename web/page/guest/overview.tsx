/** What a guest is, and what its agent says of the inside. */
import { Button } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { Suspense } from "react";
import { Link } from "react-router";
import type { Schemas } from "#contract/schemas";
import { may } from "../../data/guest-action.ts";
import { useRead } from "../../data/query.ts";
import { useMay } from "../../data/session.tsx";
import { later } from "../../later.ts";
import { bytes, span } from "../../text/format.ts";
import type { Messages } from "../../text/en.ts";
import { useLanguage, useText } from "../../text/use-text.tsx";
import { Failure } from "../../ui/failure.tsx";
import { Loading } from "../../ui/loading.tsx";
import { Card, Columns, Facts, Section } from "../../ui/page.tsx";
import { Thumbnail } from "../../ui/thumbnail.tsx";
import { Since } from "../../ui/time.tsx";
import { InCluster } from "./in-cluster.tsx";
import { Limits } from "./limits.tsx";
import style from "./overview.module.css";

type Guest = Schemas["Guest"];

/** The library that draws comes with the first guest that is looked at. */
const { Part: Charts } = later(async () => (await import("./charts.tsx")).Charts);

const { Part: SizeForm, ahead: sizeAhead } = later(async () => (await import("./size-form.tsx")).SizeForm);

function originOf({ origin }: Guest, text: Messages): string {
  const from = origin.image ?? origin.parent ?? "";
  const { guest } = text;
  return { fork: guest.originFork, boot: guest.originBoot, branch: guest.originBranch }[origin.how](from);
}

const policies = {
  never: "restartNever",
  "on-failure": "restartOnFailure",
  always: "restartAlways",
} as const;

export function GuestOverview({ guest }: { readonly guest: Guest }) {
  const { text, language } = useLanguage();
  const { machine } = guest;
  const resizable = useMay("operator") && ["running", "stopped", "crashed"].includes(guest.state);
  const t = text.guest;
  const yes = (value: boolean) => (value ? text.common.yes : text.common.no);
  return (
    <>
      {guest.description !== "" && <p>{guest.description}</p>}
      {may("exec", guest) && (
        <Suspense fallback={<div className={style["charts"]} />}>
          <Charts guest={guest} />
        </Suspense>
      )}
      <Columns>
        {may("screenshot", guest) && (
          <Section title={t.display}>
            <Link className={style["picture"]} to="console" aria-label={text.actions.open}>
              <Thumbnail guest={guest} />
            </Link>
          </Section>
        )}
        <Section title={t.inside}>
          <Card>
            <Inside guest={guest} />
          </Card>
        </Section>
        <Section title={t.machine} {...(resizable ? { actions: <ChangeSize guest={guest} /> } : {})}>
          <Card>
            <Facts
              of={[
                [text.guests.cpus, String(guest.cpus)],
                [text.guests.memory, memoryOf(guest, text.size, language)],
                [t.disks, <Link to="disks">{diskSum(guest, language)}</Link>],
                [text.guests.address, <Address guest={guest} />],
                [t.firmware, machine.firmware.toUpperCase()],
                [t.secureBoot, machine.firmware === "uefi" ? yes(machine.secureBoot) : undefined],
                [t.tpm, yes(machine.tpm)],
                [t.sound, yes(machine.sound ?? false)],
                [t.boots, guest.boot === "disk" ? t.bootDisk : t.bootCdrom],
                [t.machineType, <span className="mono">{machine.type}</span>],
                [t.cpuModel, <span className="mono">{machine.cpuModel}</span>],
                [t.accelerator, guest.accelerator?.toUpperCase()],
                [t.pid, guest.pid === undefined ? undefined : <span className="mono">{guest.pid}</span>],
              ]}
            />
          </Card>
        </Section>
        {guest.host !== undefined && <InCluster guest={guest} />}
        <Limits guest={guest} />
        <Section title={t.life}>
          <Card>
            <Facts
              of={[
                [t.id, <span className="mono">{guest.id}</span>],
                [t.created, <Since at={guest.createdAt} />],
                [text.common.since, <Since at={guest.stateSince} />],
                [t.origin, originOf(guest, text)],
                [t.reason, guest.origin.reason],
                [t.restartPolicy, t[policies[guest.restart]]],
                [t.hostShutdown, guest.onHostShutdown === "suspend" ? t.hostSuspend : t.hostStop],
                [
                  t.labels,
                  Object.entries(guest.labels)
                    .map((pair) => pair.join("="))
                    .join(", "),
                ],
              ]}
            />
          </Card>
        </Section>
      </Columns>
    </>
  );
}

/** "4 GiB, 2 GiB taken so far, room for 8 GiB" */
function memoryOf(
  { memory, memoryNow = memory, memoryTarget, machine: { maxMemory = 0 } }: Guest,
  t: Messages["size"],
  language: string,
): string {
  const size = (amount: number) => bytes(amount, language);
  return [
    size(memory),
    ...(memoryNow < memory ? [t.taken(size(memoryNow))] : []),
    ...(memoryTarget === undefined ? [] : [t.asked(size(memoryTarget))]),
    ...(maxMemory > memory ? [t.room(size(maxMemory))] : []),
  ].join(", ");
}

function ChangeSize({ guest }: { readonly guest: Guest }) {
  const t = useText().size;
  const [changing, change] = useDisclosure();
  return (
    <>
      <Button variant="default" onClick={change.open} onPointerEnter={sizeAhead}>
        {t.change}
      </Button>
      {changing && (
        <Suspense>
          <SizeForm guest={guest} close={change.close} />
        </Suspense>
      )}
    </>
  );
}

const diskSum = ({ disks }: Guest, language: string): string =>
  disks.map(({ size }) => bytes(size, language)).join(" + ");

function Address({ guest }: { readonly guest: Guest }) {
  const text = useText();
  const addresses = guest.nics.flatMap(({ address }) => address ?? []);
  if (addresses.length === 0) return <span className="soft">{text.common.none}</span>;
  return <span className="mono">{addresses.join(", ")}</span>;
}

function Inside({ guest }: { readonly guest: Guest }) {
  const { text, language } = useLanguage();
  const runs = may("exec", guest);
  const { data, error, refetch } = useRead(
    "guestFacts",
    { params: { guest: guest.id } },
    { enabled: runs && guest.agent !== "none" },
  );
  const t = text.guest;
  if (!runs) return <p className="soft">{t.notRunning}</p>;
  if (guest.agent === "none") return <p className="soft">{t.noAgent}</p>;
  if (error) return <Failure error={error} retry={() => void refetch()} />;
  if (!data) return <Loading rows={4} />;
  const { memoryAvailable, memoryTotal, uptime } = data;
  return (
    <Facts
      of={[
        [t.os, data.os],
        [t.kernel, <span className="mono">{data.kernel}</span>],
        [t.hostname, <span className="mono">{data.hostname}</span>],
        [t.uptime, uptime === undefined ? undefined : span(uptime * 1000, language)],
        [
          t.memoryInside,
          memoryAvailable === undefined || memoryTotal === undefined
            ? undefined
            : t.free(bytes(memoryAvailable, language), bytes(memoryTotal, language)),
        ],
        [t.addresses, <span className="mono">{data.addresses.join(", ")}</span>],
        [t.agent, text.images.agents[guest.agent]],
      ]}
    />
  );
}

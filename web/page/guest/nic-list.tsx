/** A guest's network cards, and what can be done with each. */
import { ActionIcon, Menu } from "@mantine/core";
import { IconDots, IconPinnedOff } from "@tabler/icons-react";
import { useMemo, useState } from "react";
import { Link } from "react-router";
import { defaultProject, roleIn } from "#contract/access";
import type { Schemas } from "#contract/schemas";
import { useChange } from "../../data/change.ts";
import { may } from "../../data/guest-action.ts";
import { useRead } from "../../data/query.ts";
import { useSession } from "../../data/session.tsx";
import type { Messages } from "../../text/en.ts";
import { useText } from "../../text/use-text.tsx";
import type { Column } from "../../ui/column.ts";
import { Confirm } from "../../ui/confirm.tsx";
import type { Question } from "../../ui/question.ts";
import { Table } from "../../ui/table.tsx";
import tableStyle from "../../ui/table.module.css";

type Guest = Schemas["Guest"];
type Nic = Guest["nics"][number];

const nicId = ({ id }: Nic): string => id;

/** Of its network: those of other projects are named with that. */
const networkOf = ({ network }: Nic, { project = defaultProject }: Guest): string =>
  project === defaultProject || network === "user" ? network : `${project}.${network}`;

const nicColumns = (text: Messages, guest: Guest): readonly Column<Nic>[] => {
  const { notPinned, notPinnedHint } = text.firewalls;
  return [
    {
      id: "nic",
      header: text.guest.nic,
      width: "minmax(60px, 1fr)",
      cell: ({ id, pin }) => (
        <>
          <b>{id}</b>{" "}
          {pin === "off" && (
            <span role="img" aria-label={notPinned} title={notPinnedHint}>
              <IconPinnedOff size={14} color="var(--warn)" style={{ verticalAlign: "-2px" }} />
            </span>
          )}
        </>
      ),
    },
    {
      id: "network",
      header: text.guest.networkName,
      width: "minmax(60px, 1fr)",
      cell: (nic) => (
        <Link className={tableStyle["link"]} to={`/networks/${networkOf(nic, guest)}`}>
          {nic.network}
        </Link>
      ),
    },
    {
      id: "address",
      header: text.guests.address,
      width: "minmax(96px, 1.8fr)",
      cell: ({ address: four, address6: six }) => (
        <span className={four || six ? "mono" : "soft"} title={[four, six].filter(Boolean).join("\n")}>
          {four ?? six ?? text.common.none}
          {four && six && <span className={tableStyle["wide"]}>, {six}</span>}
        </span>
      ),
    },
    {
      id: "mac",
      header: text.guest.mac,
      width: "minmax(150px, 1.2fr)",
      wide: true,
      cell: ({ mac, pin }) => (
        <>
          <span className="mono soft">{mac}</span>
          {pin === "off" && <span className="soft"> · {notPinned}</span>}
        </>
      ),
    },
  ];
};

export function Nics({ guest }: { readonly guest: Guest }) {
  const text = useText();
  const t = text.firewalls;
  const [asked, setAsked] = useState<Question>();
  const remove = useChange("nicRemove").mutate;
  const pin = useChange("guestNicPin").mutate;
  const { data: me } = useSession();
  const isAdmin = me !== undefined && roleIn(me, guest.project ?? defaultProject) === "admin";
  const networks = useRead("networkList", {}, { whole: true }).data;
  const columns = useMemo((): readonly Column<Nic>[] => {
    // Only at a bridge there is a pin.
    const hasPin = (nic: Nic) =>
      networks?.some(({ id, bridge }) => id === networkOf(nic, guest) && bridge !== undefined) === true;
    const params = ({ id }: Nic) => ({ guest: guest.id, nic: id });
    const removal = (nic: Nic): Question => ({
      title: text.network.removeNicTitle(nic.id),
      warning: text.network.removeNicWarning,
      action: text.network.removeNic,
      confirm: () => remove({ params: params(nic) }),
    });
    const lifting = (nic: Nic): Question => ({
      title: t.liftTitle(nic.id),
      warning: t.liftWarning,
      note: t.liftNote,
      action: t.lift,
      confirm: () => pin({ params: params(nic), body: { pin: "off" } }),
    });
    return [
      ...nicColumns(text, guest),
      {
        id: "do",
        header: "",
        width: "30px",
        end: true,
        cell: (nic) => (
          <Menu position="bottom-end">
            <Menu.Target>
              <ActionIcon variant="subtle" color="gray" aria-label={`${text.common.actions}: ${nic.id}`}>
                <IconDots size={16} />
              </ActionIcon>
            </Menu.Target>
            <Menu.Dropdown>
              {isAdmin && hasPin(nic) && nic.pin !== "off" && (
                <Menu.Item onClick={() => setAsked(lifting(nic))}>{t.lift}…</Menu.Item>
              )}
              {isAdmin && nic.pin === "off" && (
                <Menu.Item onClick={() => pin({ params: params(nic), body: { pin: "on" } })}>
                  {t.pin}
                </Menu.Item>
              )}
              <Menu.Item
                c="var(--bad)"
                disabled={!may("remove-nic", guest)}
                onClick={() => setAsked(removal(nic))}
              >
                {text.common.remove}…
              </Menu.Item>
            </Menu.Dropdown>
          </Menu>
        ),
      },
    ];
  }, [t, text, guest, remove, pin, isAdmin, networks]);
  return (
    <>
      <Table label={text.guest.network} rows={guest.nics} columns={columns} id={nicId} />
      <Confirm question={asked} close={() => setAsked(undefined)} />
    </>
  );
}

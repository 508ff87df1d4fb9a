/** One guest. Its tabs are addresses of their own. */
import { Button } from "@mantine/core";
import { IconDeviceDesktop } from "@tabler/icons-react";
import { Link, NavLink, useParams } from "react-router";
import type { Schemas } from "#contract/schemas";
import { useAct } from "../../data/act.ts";
import { guestActions, may } from "../../data/guest-action.ts";
import { useRead } from "../../data/query.ts";
import type { Messages } from "../../text/en.ts";
import { useText } from "../../text/use-text.tsx";
import { Failure } from "../../ui/failure.tsx";
import { Loading } from "../../ui/loading.tsx";
import { Page } from "../../ui/page.tsx";
import { GuestState } from "../../ui/state.tsx";
import { ConsoleTab } from "./console-tab.tsx";
import { Danger } from "./danger.tsx";
import { Disks } from "./disks.tsx";
import { GuestEvents } from "./events.tsx";
import { HostAway } from "./host-away.tsx";
import { GuestIdentity } from "./identity.tsx";
import { Logs } from "./logs.tsx";
import { GuestMenu } from "./menu.tsx";
import { Moving } from "./moving.tsx";
import { GuestNetwork } from "./network.tsx";
import { GuestOperations } from "./operations.tsx";
import { GuestOverview } from "./overview.tsx";
import { PoolMark } from "./pool-mark.tsx";
import { ReachIn } from "./reach-in.tsx";
import { Snapshots } from "./snapshots.tsx";
import { GuestRecordings } from "./recordings.tsx";
import style from "./show.module.css";

type Guest = Schemas["Guest"];

const tabs = [
  ["overview", GuestOverview],
  ["console", ConsoleTab],
  ["disks", Disks],
  ["snapshots", Snapshots],
  ["network", GuestNetwork],
  ["identity", GuestIdentity],
  ["recordings", GuestRecordings],
  ["events", GuestEvents],
  ["operations", GuestOperations],
  ["logs", Logs],
  ["danger", Danger],
] as const satisfies readonly (readonly [
  keyof Messages["guest"] | "identity",
  (props: { readonly guest: Guest }) => React.ReactNode,
])[];

export function GuestShow() {
  const { guest: ref = "", tab = "overview" } = useParams();
  const { data: guest, error, refetch } = useRead("guestGet", { params: { guest: ref } });
  const text = useText();
  if (!guest) {
    return (
      <Page title={ref}>{error ? <Failure error={error} retry={() => void refetch()} /> : <Loading />}</Page>
    );
  }
  const [, Tab] = tabs.find(([name]) => name === tab) ?? tabs[0];
  return (
    <Page
      title={guest.name}
      beside={
        <>
          <GuestState state={guest.state} />
          {guest.desktop && <PoolMark of={guest.desktop} />}
          {guest.host !== undefined && (
            <Link className="soft" to={`/hosts/${guest.host}`}>
              {text.guest.onHost(guest.host)}
            </Link>
          )}
        </>
      }
      actions={<Actions guest={guest} tab={tab} />}
    >
      {guest.stateReason !== undefined && guest.state === "crashed" && (
        <p role="alert">{guest.stateReason}</p>
      )}
      <HostAway guest={guest} />
      <Moving guest={guest} />
      {guest.desktop?.state === "taken" && <ReachIn key={guest.id} guest={guest} />}
      <nav aria-label={guest.name}>
        <ul className={style["tabs"]}>
          {tabs.map(([name]) => (
            <li key={name}>
              <NavLink
                ref={name === tab ? intoSight : undefined}
                className={style["tab"] ?? ""}
                to={name === "overview" ? `/guests/${ref}` : `/guests/${ref}/${name}`}
                end={name === "overview"}
              >
                {name === "identity" ? text.identity.tab : text.guest[name]}
              </NavLink>
            </li>
          ))}
        </ul>
      </nav>
      <Tab key={guest.id} guest={guest} />
    </Page>
  );
}

/** On a phone there is no room for all of them. */
function intoSight(tab: HTMLElement | null): void {
  const row = tab?.closest("ul");
  if (!tab || !row) return;
  const { left, right } = tab.getBoundingClientRect();
  const middle = row.getBoundingClientRect();
  if (left < middle.left || right > middle.right - fade)
    row.scrollLeft += (left + right - middle.left - middle.right) / 2;
}

/** Pixels at the right in which tabs fade: see show.module.css. */
const fade = 28;

const shownAsButtons = new Set(["start", "resume", "stop"]);

interface ActionsProps {
  readonly guest: Guest;
  readonly tab: string;
}

function Actions({ guest, tab }: ActionsProps) {
  const text = useText();
  const act = useAct();
  return (
    <>
      {tab === "overview" && may("console", guest) && (
        <Button
          component={Link}
          to="console"
          leftSection={<IconDeviceDesktop size={14} />}
          className={style["console"] ?? ""}
        >
          {text.actions.open}
        </Button>
      )}
      {guestActions
        .filter(({ name, needs }) => shownAsButtons.has(name) && may(needs, guest))
        .map((action) => {
          const { icon: Icon } = action;
          return (
            <Button
              key={action.name}
              variant={action.name === "stop" ? "default" : "filled"}
              leftSection={<Icon size={14} />}
              onClick={() => void act(action, [guest])}
            >
              {text.actions[action.name]}
            </Button>
          );
        })}
      <GuestMenu guest={guest} />
    </>
  );
}

/** What a desktop pool is, and what it allows, in two columns of facts. */
import type { DesktopPool, Entitled } from "#contract/schema/desktop-pool";
import type { Messages } from "../../text/en.ts";
import { bytes, span } from "../../text/format.ts";
import { useLanguage } from "../../text/use-text.tsx";
import { Facts } from "../../ui/page.tsx";

export function AboutPool({ pool }: { readonly pool: DesktopPool }) {
  const { text, language } = useLanguage();
  const t = text.desktopPools;
  return (
    <Facts
      of={[
        [text.common.name, pool.name],
        [text.common.description, pool.description],
        [t.madeOf, pool.image ?? pool.guest],
        [t.keeps, t.keepsNames[pool.keeps]],
        [t.homeSize, pool.homeSize === undefined ? undefined : bytes(pool.homeSize, language)],
        [t.homePool, pool.homePool],
        [t.cpus, pool.cpus],
        [t.memory, pool.memory === undefined ? undefined : bytes(pool.memory, language)],
        [t.networks, pool.networks?.join(", ")],
        [t.who, whoIn(pool.entitled, t)],
        [t.ready, `${pool.ready} / ${pool.standby.count}`],
        [t.desktops, pool.most === undefined ? `${pool.desktops}` : `${pool.desktops} / ${pool.most}`],
        [t.connected, `${pool.connected}`],
        [t.outdated, pool.outdated === 0 ? undefined : `${pool.outdated}`],
      ]}
    />
  );
}

function whoIn(
  { everyone, users = [], groups = [], claims = [] }: Entitled,
  t: Messages["desktopPools"],
): string {
  if (everyone) return t.everyone;
  const all = [...users, ...groups.map((group) => t.groupNamed(group)), ...claims];
  return all.length === 0 ? t.nobody : all.join(", ");
}

export function RulesOf({ pool: { rules, policy, hours, rollOut } }: { readonly pool: DesktopPool }) {
  const { text, language } = useLanguage();
  const t = text.desktopPools;
  const time = (seconds: number | undefined) =>
    seconds === undefined ? undefined : seconds === 0 ? t.atOnceWord : span(1000 * seconds, language);
  const yes = (value: boolean | undefined, usually: boolean) =>
    (value ?? usually) ? text.common.yes : text.common.no;
  return (
    <Facts
      of={[
        [t.hours, hours ? hours.open.map((each) => hoursIn(each, t)).join(", ") : t.always],
        [t.zone, hours?.zone],
        [t.idle, time(rules.idle) ?? t.never],
        [t.suspend, time(rules.suspend) ?? t.never],
        [t.signOff, time(rules.signOff) ?? t.never],
        [t.longest, time(rules.longest) ?? t.never],
        [t.clipboard, t.ways[policy.clipboard ?? "both"]],
        [t.files, t.ways[policy.files ?? "both"]],
        [t.shadow, t.shadows[policy.shadow ?? "consent"]],
        [t.power, yes(policy.power, true)],
        [t.share, yes(policy.share, true)],
        [t.record, yes(policy.record, false)],
        [t.watermark, yes(policy.watermark, false)],
        [t.ports, policy.ports?.join(", ")],
        [t.rollOut, rollOut.by === "wave" ? t.byWave : t.bySignOff],
      ]}
    />
  );
}

type Open = NonNullable<DesktopPool["hours"]>["open"][number];

const hoursIn = ({ days, from, to }: Open, t: Messages["desktopPools"]): string =>
  `${days.map((day) => t.dayNames[day]).join(" ")} ${from}–${to}`;

/** A desktop pool's form: what its fields say, as the API takes it, and the other way about. Pure. */
import type { DesktopPool, DesktopPoolCreate, DesktopPoolUpdate, Keeps } from "#contract/schema/desktop-pool";

export const days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const;
export type Day = (typeof days)[number];

/** Fields for numbers: empty means that there is no such limit, or the usual. */
type Count = number | "";

export interface PoolWish {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly source: "image" | "guest";
  readonly image: string;
  readonly guest: string;
  readonly keeps: Keeps;
  /** GiB. */
  readonly homeSize: Count;
  readonly homePool: string;
  readonly cpus: Count;
  /** MiB. */
  readonly memory: Count;
  readonly networks: readonly string[];
  readonly sound: boolean;
  readonly standby: Count;
  readonly most: Count;
  readonly everyone: boolean;
  readonly users: readonly string[];
  readonly groups: readonly string[];
  readonly claims: readonly string[];
  readonly hours: boolean;
  readonly days: readonly Day[];
  readonly from: string;
  readonly to: string;
  readonly zone: string;
  /** Minutes. */
  readonly idle: Count;
  readonly suspend: Count;
  readonly signOff: Count;
  /** Hours. */
  readonly longest: Count;
  /** Seconds. */
  readonly warn: Count;
  readonly clipboard: "both" | "in" | "out" | "none";
  readonly files: "both" | "in" | "out" | "none";
  readonly power: boolean;
  readonly share: boolean;
  readonly shadow: "never" | "consent" | "notice";
  readonly record: boolean;
  readonly watermark: boolean;
  readonly ports: readonly string[];
  readonly monitors: Count;
  readonly rollOut: "sign-off" | "wave";
  readonly atOnce: Count;
  /** Minutes. */
  readonly notice: Count;
}

const MiB = 1024 ** 2;
const GiB = 1024 ** 3;
const minute = 60;
const hour = 3600;

/** What most pools are: nothing is kept, a few stand ready, and whoever is away for a while makes room. */
export const usualWish = (zone: string): PoolWish => ({
  name: "",
  title: "",
  description: "",
  source: "image",
  image: "",
  guest: "",
  keeps: "nothing",
  homeSize: 10,
  homePool: "",
  cpus: "",
  memory: "",
  networks: [],
  sound: true,
  standby: 2,
  most: "",
  everyone: false,
  users: [],
  groups: [],
  claims: [],
  hours: false,
  days: ["mon", "tue", "wed", "thu", "fri"],
  from: "07:00",
  to: "19:00",
  zone,
  idle: "",
  suspend: 15,
  signOff: 240,
  longest: "",
  warn: 60,
  clipboard: "both",
  files: "both",
  power: true,
  share: true,
  shadow: "consent",
  record: false,
  watermark: false,
  ports: [],
  monitors: 1,
  rollOut: "sign-off",
  atOnce: 5,
  notice: 10,
});

/** A name that a title suggests: "Büro 3" is "buro-3". */
export const named = (title: string): string =>
  title
    .normalize("NFKD")
    .toLowerCase()
    .replaceAll(/\p{Mark}/gu, "")
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replace(/^[^a-z]+/, "")
    .slice(0, 63)
    .replace(/-+$/, "");

const part = (value: number | undefined, unit: number): Count => (value === undefined ? "" : value / unit);

export function wishOf(pool: DesktopPool, zone: string): PoolWish {
  const { rules, policy, entitled, rollOut } = pool;
  const open = pool.hours?.open[0];
  return {
    ...usualWish(zone),
    name: pool.name,
    title: pool.title === pool.name ? "" : pool.title,
    description: pool.description,
    source: pool.guest === undefined ? "image" : "guest",
    image: pool.image ?? "",
    guest: pool.guest ?? "",
    keeps: pool.keeps,
    homeSize: part(pool.homeSize, GiB),
    homePool: pool.homePool ?? "",
    cpus: pool.cpus ?? "",
    memory: part(pool.memory, MiB),
    networks: pool.networks ?? [],
    sound: pool.sound,
    standby: pool.standby.count,
    most: pool.most ?? "",
    everyone: entitled.everyone ?? false,
    users: entitled.users ?? [],
    groups: entitled.groups ?? [],
    claims: entitled.claims ?? [],
    hours: pool.hours !== undefined,
    ...(open && pool.hours ? { days: open.days, from: open.from, to: open.to, zone: pool.hours.zone } : {}),
    idle: part(rules.idle, minute),
    suspend: part(rules.suspend, minute),
    signOff: part(rules.signOff, minute),
    longest: part(rules.longest, hour),
    warn: rules.warn ?? 60,
    clipboard: policy.clipboard ?? "both",
    files: policy.files ?? "both",
    power: policy.power ?? true,
    share: policy.share ?? true,
    shadow: policy.shadow ?? "consent",
    record: policy.record ?? false,
    watermark: policy.watermark ?? false,
    ports: (policy.ports ?? []).map(String),
    monitors: policy.monitors ?? 1,
    rollOut: rollOut.by,
    ...(rollOut.by === "wave" ? { atOnce: rollOut.atOnce, notice: rollOut.notice / minute } : {}),
  };
}

type Known<K extends string> = { readonly [P in K]?: number };

/** Only what is said. */
const said = <K extends string>(name: K, value: Count, unit = 1): Known<K> =>
  (value === "" ? {} : { [name]: Math.round(value * unit) }) as Known<K>;

const listed = <K extends string>(name: K, values: readonly string[]): { readonly [P in K]?: string[] } =>
  (values.length === 0 ? {} : { [name]: [...values] }) as { readonly [P in K]?: string[] };

/** Rules and policies are given as a whole: what is left out is no rule. `before`: hours of more parts than the form shows. */
function settingsOf(wish: PoolWish, before?: DesktopPool) {
  return {
    title: wish.title.trim() || wish.name.trim(),
    description: wish.description.trim(),
    ...(wish.source === "image" ? { image: wish.image } : { guest: wish.guest }),
    ...(wish.keeps === "home" ? said("homeSize", wish.homeSize, GiB) : {}),
    ...said("cpus", wish.cpus),
    ...said("memory", wish.memory, MiB),
    ...listed("networks", wish.networks),
    sound: wish.sound,
    ...said("most", wish.most),
    standby: { ...before?.standby, count: wish.standby === "" ? 0 : wish.standby },
    rollOut:
      wish.rollOut === "sign-off"
        ? ({ by: "sign-off" } as const)
        : ({ by: "wave", atOnce: wish.atOnce || 1, notice: (wish.notice || 0) * minute } as const),
    entitled: {
      ...(wish.everyone ? { everyone: true } : {}),
      ...listed("users", wish.users),
      ...listed("groups", wish.groups),
      ...listed("claims", wish.claims),
    },
    hours: wish.hours ? hoursOf(wish, before) : null,
    rules: {
      ...said("idle", wish.idle, minute),
      ...said("suspend", wish.suspend, minute),
      ...said("signOff", wish.signOff, minute),
      ...said("longest", wish.longest, hour),
      ...said("warn", wish.warn),
    },
    policy: {
      ...before?.policy,
      clipboard: wish.clipboard,
      files: wish.files,
      power: wish.power,
      share: wish.share,
      shadow: wish.shadow,
      record: wish.record,
      watermark: wish.watermark,
      ports: wish.ports.map(Number),
      monitors: wish.monitors || 1,
    },
  };
}

export const changeOf = (wish: PoolWish, before: DesktopPool): DesktopPoolUpdate => ({
  ...settingsOf(wish, before),
  ...usualAgain(wish, before),
});

/** What the pool had and its form says nothing of any more. */
const usualAgain = (wish: PoolWish, before: DesktopPool): DesktopPoolUpdate => ({
  ...(before.cpus !== undefined && wish.cpus === "" ? { cpus: null } : {}),
  ...(before.memory !== undefined && wish.memory === "" ? { memory: null } : {}),
  ...(before.most !== undefined && wish.most === "" ? { most: null } : {}),
  ...(before.networks?.length && wish.networks.length === 0 ? { networks: null } : {}),
});

function hoursOf(wish: PoolWish, before?: DesktopPool): NonNullable<DesktopPoolUpdate["hours"]> {
  const first = { days: [...wish.days], from: wish.from, to: wish.to };
  return { zone: wish.zone, open: [first, ...(before?.hours?.open.slice(1) ?? [])] };
}

export function poolOf(wish: PoolWish): DesktopPoolCreate {
  const { hours, ...settings } = settingsOf(wish);
  return {
    ...settings,
    name: wish.name.trim(),
    keeps: wish.keeps,
    ...(hours ? { hours } : {}),
    ...(wish.keeps === "home" && wish.homePool !== "" ? { homePool: wish.homePool } : {}),
  };
}

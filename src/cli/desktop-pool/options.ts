/** What is said of a pool when it is made and when it is changed. */
import type { DesktopPool, DesktopPoolUpdate, Entitled, RollOut } from "#contract/schema/desktop-pool";
import { choice, flag, many, parsed, text, type Values } from "../command.ts";
import { orNone, parseCount, parseMemory, parseSeconds, parseSize } from "../values.ts";
import { parseHours } from "./hours.ts";

const word = (given: string): string => given;

/** "sign-off", or "wave", "wave:5" and "wave:5:600": how many at a time, and seconds of notice. */
function parseRollOut(given: string): RollOut {
  if (given === "sign-off") return { by: "sign-off" };
  const [wave, atOnce = "1", notice = "300"] = /^wave(?::(\d+))?(?::(\d+))?$/.exec(given) ?? [];
  if (wave === undefined) throw new RangeError("write sign-off, or wave:COUNT:SECONDS");
  return { by: "wave", atOnce: parseCount(1, 100)(atOnce), notice: Number(notice) };
}

const onOff = ["on", "off"] as const;
const seconds = orNone(parseSeconds);

export const poolOptions = {
  image: text("IMAGE", "Make desktops of this image.", { complete: "image" }),
  guest: text("GUEST", "Make them as branches of this running guest.", { complete: "guest" }),
  title: text("TEXT", "What people read (default: its name)."),
  description: text("TEXT", "What it is for."),
  cpus: parsed(
    "N",
    "Virtual processors of each (default, and 'none': as its image suggests).",
    orNone(parseCount(1, 255)),
  ),
  memory: parsed("SIZE", "Memory of each, such as 2G; likewise.", orNone(parseMemory)),
  network: many("NAME", "A network card in this network; may be given again.", word),
  sound: choice(onOff, "Whether it can be heard (default on)."),
  "home-size": parsed("SIZE", "How large each person's home is (default 1G); it can grow later.", parseSize),
  standby: parsed("N", "Desktops that are kept ready (default 1).", parseCount(0, 200)),
  "standby-age": parsed("TIME", "Make those anew that wait for longer (default 24h).", parseSeconds),
  most: parsed("N", "Desktops that people have at a time ('none': no limit).", orNone(parseCount(1, 10_000))),
  user: many("NAME", "Who may have one; may be given again.", word),
  group: many("NAME", "Whoever is in this group may have one.", word),
  claim: many("CLAIM=VALUE", "Whoever the provider said this of at the last sign-in may have one.", word),
  everyone: choice(onOff, "Whether whoever can sign in may have one."),
  hours: parsed("HOURS", "When: 'mon-fri 07:00-19:00 Europe/Berlin'.", parseHours),
  "no-hours": flag("At any time."),
  idle: parsed(
    "TIME",
    "Disconnect whoever has pressed no key or button for so long; 'none': never.",
    seconds,
  ),
  "suspend-after": parsed("TIME", "Suspend it so long after the last viewer went; likewise.", seconds),
  "sign-off-after": parsed("TIME", "End it so long after the last viewer went; 0s: at once.", seconds),
  longest: parsed("TIME", "End it so long after it was given; 'none': never.", seconds),
  warn: parsed("TIME", "Say so in the page so long before (default 60s).", seconds),
  clipboard: choice(["both", "in", "out", "none"], "Which way copied text goes (default both)."),
  files: choice(["both", "in", "out", "none"], "Which way files go (default both)."),
  power: choice(onOff, "Whether its user may restart and reset it (default on)."),
  share: choice(onOff, "Whether it may be open in several places at once (default on)."),
  shadow: choice(
    ["never", "consent", "notice"],
    "Whether the help desk may look on: if its user consents (default), or with a notice alone.",
  ),
  record: choice(onOff, "Whether every session is recorded; the page says so."),
  watermark: choice(onOff, "Whether name, time and address lie over the picture."),
  monitors: parsed("N", "Monitors that it may have, each a window (default 1, at most 4).", parseCount(1, 4)),
  port: many("PORT", "A port of the guest that other clients may reach, such as 22.", parseCount(1, 65_535)),
  "roll-out": parsed(
    "HOW",
    "How what is new comes to open desktops: sign-off (default), or wave:COUNT:SECONDS, so many at a time, announced.",
    parseRollOut,
  ),
};

export type PoolValues = Partial<Values<typeof poolOptions>>;

const switched = (given: "on" | "off" | undefined): boolean | undefined =>
  given === undefined ? undefined : given === "on";

/** Without what was not given. */
function given<T extends object>(fields: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as never;
}

/** Without what is taken away, too. */
export function kept<T extends object>(fields: T): { [K in keyof T]?: NonNullable<T[K]> } {
  return given(Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null))) as never;
}

/** What the options ask for; of rules and policy that a pool has, what they do not name stays. */
export function wishes(options: PoolValues, now?: DesktopPool): DesktopPoolUpdate {
  const rules = given({
    idle: options.idle,
    suspend: options["suspend-after"],
    signOff: options["sign-off-after"],
    longest: options.longest,
    warn: options.warn,
  });
  const policy = given({
    clipboard: options.clipboard,
    files: options.files,
    power: switched(options.power),
    share: switched(options.share),
    shadow: options.shadow,
    record: switched(options.record),
    watermark: switched(options.watermark),
    ports: options.port && [...options.port],
    monitors: options.monitors,
  });
  const standby = given({ count: options.standby, maxAge: options["standby-age"] });
  const entitled = entitledBy(options);
  const has = (fields: object) => Object.keys(fields).length > 0;
  return {
    ...given({
      image: options.image,
      guest: options.guest,
      title: options.title,
      description: options.description,
      cpus: options.cpus,
      memory: options.memory,
      networks: options.network && [...options.network],
      sound: switched(options.sound),
      homeSize: options["home-size"],
      most: options.most,
      rollOut: options["roll-out"],
      hours: options.hours,
    }),
    ...(options["no-hours"] ? { hours: null } : {}),
    ...(has(standby) ? { standby: { count: 1, ...now?.standby, ...standby } } : {}),
    ...(has(entitled) ? { entitled: { ...now?.entitled, ...entitled } } : {}),
    ...(has(rules) ? { rules: kept({ ...now?.rules, ...rules }) } : {}),
    ...(has(policy) ? { policy: { ...now?.policy, ...policy } } : {}),
  };
}

const entitledBy = ({ everyone, user, group, claim }: PoolValues): Entitled =>
  given({
    everyone: switched(everyone),
    users: user && [...user],
    groups: group && [...group],
    claims: claim && [...claim],
  });

/** What of a desktop pool most do not need to have said: its desktops' shape, when they end, and what may be done with them. */
import { Checkbox, MultiSelect, NumberInput, Select, TagsInput, TextInput } from "@mantine/core";
import { useRead } from "../../data/query.ts";
import { useText } from "../../text/use-text.tsx";
import type { FieldErrors } from "./field-error.ts";
import { days, type Day, type PoolWish } from "./wish.ts";
import style from "./form.module.css";

export interface FieldsProps {
  readonly wish: PoolWish;
  /** What is wrong with a field, said at it. */
  readonly errors: FieldErrors;
  change(part: Partial<PoolWish>): void;
}

/** Names of fields that hold numbers. */
type CountName = {
  [K in keyof PoolWish]: PoolWish[K] extends number | "" ? K : never;
}[keyof PoolWish];
/** And of those that are true or not. */
type FlagName = { [K in keyof PoolWish]: PoolWish[K] extends boolean ? K : never }[keyof PoolWish];

interface CountProps extends FieldsProps {
  readonly name: CountName;
  readonly label: string;
  readonly hint: string;
  readonly min?: number;
  readonly max?: number;
  readonly decimal?: boolean;
}

const CountField = ({ wish, change, name, label, hint, min = 0, max, decimal = false }: CountProps) => (
  <NumberInput
    label={label}
    description={hint}
    min={min}
    {...(max === undefined ? {} : { max })}
    allowDecimal={decimal}
    value={wish[name]}
    onChange={(value) => change({ [name]: typeof value === "number" ? value : "" })}
  />
);

const Flag = ({
  wish,
  change,
  name,
  label,
}: FieldsProps & { readonly name: FlagName; readonly label: string }) => (
  <Checkbox
    size="xs"
    label={label}
    checked={wish[name]}
    onChange={(event) => change({ [name]: event.currentTarget.checked })}
  />
);

export function ShapeFields(fields: FieldsProps) {
  const t = useText().desktopPools;
  const { wish, errors, change } = fields;
  const networks = useRead("networkList").data ?? [];
  return (
    <>
      <div className={style["two"]}>
        <CountField {...fields} name="cpus" label={t.cpus} hint={t.asImage} min={1} />
        <CountField {...fields} name="memory" label={t.memory} hint={t.asImage} min={16} />
        <CountField {...fields} name="monitors" label={t.monitors} hint={t.monitorsHint} min={1} max={4} />
      </div>
      <MultiSelect
        label={t.networks}
        description={t.networksHint}
        error={errors.networks}
        data={networks.map(({ name }) => name)}
        value={[...wish.networks]}
        onChange={(chosen) => change({ networks: chosen })}
      />
      <Flag {...fields} name="sound" label={t.sound} />
      <Select
        label={t.rollOut}
        description={t.rollOutHint}
        allowDeselect={false}
        data={[
          { value: "sign-off", label: t.bySignOff },
          { value: "wave", label: t.byWave },
        ]}
        value={wish.rollOut}
        onChange={(by) => change({ rollOut: by === "wave" ? "wave" : "sign-off" })}
      />
      {wish.rollOut === "wave" && (
        <div className={style["two"]}>
          <CountField {...fields} name="atOnce" label={t.atOnce} hint={t.atOnceHint} min={1} />
          <CountField {...fields} name="notice" label={t.notice} hint={t.inMinutes} />
        </div>
      )}
    </>
  );
}

export function RuleFields(fields: FieldsProps) {
  const t = useText().desktopPools;
  const { wish, errors, change } = fields;
  return (
    <>
      <div className={style["two"]}>
        <CountField {...fields} name="idle" label={t.idle} hint={t.idleHint} min={1} />
        <CountField {...fields} name="suspend" label={t.suspend} hint={t.suspendHint} />
        <CountField {...fields} name="signOff" label={t.signOff} hint={t.signOffHint} />
        <CountField {...fields} name="longest" label={t.longest} hint={t.longestHint} decimal />
        <CountField {...fields} name="warn" label={t.warn} hint={t.warnHint} />
      </div>
      <Flag {...fields} name="hours" label={t.hoursOnly} />
      {wish.hours && (
        <>
          <MultiSelect
            label={t.days}
            data={days.map((day) => ({ value: day, label: t.dayNames[day] }))}
            value={[...wish.days]}
            onChange={(chosen) => change({ days: chosen as Day[] })}
          />
          <div className={style["two"]}>
            <TextInput
              type="time"
              label={t.from}
              value={wish.from}
              onChange={(event) => change({ from: event.currentTarget.value })}
            />
            <TextInput
              type="time"
              label={t.to}
              value={wish.to}
              onChange={(event) => change({ to: event.currentTarget.value })}
            />
            <TextInput
              label={t.zone}
              error={errors.zone}
              value={wish.zone}
              onChange={(event) => change({ zone: event.currentTarget.value })}
              spellCheck={false}
            />
          </div>
        </>
      )}
    </>
  );
}

const ways = ["both", "in", "out", "none"] as const;
const shadows = ["consent", "notice", "never"] as const;

export function PolicyFields(fields: FieldsProps) {
  const t = useText().desktopPools;
  const { wish, change } = fields;
  const wayData = ways.map((value) => ({ value, label: t.ways[value] }));
  return (
    <>
      <div className={style["two"]}>
        <Select
          label={t.clipboard}
          allowDeselect={false}
          data={wayData}
          value={wish.clipboard}
          onChange={(value) => change({ clipboard: ways.find((way) => way === value) ?? "both" })}
        />
        <Select
          label={t.files}
          allowDeselect={false}
          data={wayData}
          value={wish.files}
          onChange={(value) => change({ files: ways.find((way) => way === value) ?? "both" })}
        />
        <Select
          label={t.shadow}
          allowDeselect={false}
          data={shadows.map((value) => ({ value, label: t.shadows[value] }))}
          value={wish.shadow}
          onChange={(value) => change({ shadow: shadows.find((each) => each === value) ?? "consent" })}
        />
        <TagsInput
          label={t.ports}
          description={t.portsHint}
          value={[...wish.ports]}
          onChange={(ports) => change({ ports: ports.filter((port) => /^\d{1,5}$/.test(port)) })}
          splitChars={[",", " "]}
          acceptValueOnBlur
        />
      </div>
      <Flag {...fields} name="power" label={t.power} />
      <Flag {...fields} name="share" label={t.share} />
      <Flag {...fields} name="record" label={t.record} />
      <Flag {...fields} name="watermark" label={t.watermark} />
    </>
  );
}

/** Makes a desktop pool, or changes one: what most need first, the rest behind headings. */
import { Checkbox, NumberInput, Radio, Select, Stack, TagsInput, Textarea, TextInput } from "@mantine/core";
import { useState, type ReactNode } from "react";
import type { DesktopPool, Keeps } from "#contract/schema/desktop-pool";
import { useChange } from "../../data/change.ts";
import { useRead } from "../../data/query.ts";
import { useText } from "../../text/use-text.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { FormEnd } from "../../ui/form-end.tsx";
import { PolicyFields, RuleFields, ShapeFields, type FieldsProps } from "./more-fields.tsx";
import { changeOf, poolOf, usualWish, wishOf } from "./wish.ts";
import style from "./form.module.css";

interface FormProps {
  /** The one that is changed; none: one is made. */
  readonly pool?: DesktopPool;
  close(): void;
}

const zoneHere = (): string => Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";

export function DesktopPoolForm({ pool, close }: FormProps) {
  const text = useText();
  const t = text.desktopPools;
  const [wish, setWish] = useState(() => (pool ? wishOf(pool, zoneHere()) : usualWish(zoneHere())));
  const create = useChange("desktopPoolCreate", { quiet: true });
  const update = useChange("desktopPoolUpdate", { quiet: true });
  const fields: FieldsProps = { wish, change: (part) => setWish((old) => ({ ...old, ...part })) };
  function submit(): void {
    if (pool)
      update.mutate({ params: { desktopPool: pool.id }, body: changeOf(wish, pool) }, { onSuccess: close });
    else create.mutate({ body: poolOf(wish) }, { onSuccess: close });
  }
  return (
    <Dialog opened onClose={close} title={pool ? t.changeTitle(pool.title) : t.add} size="lg">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          submit();
        }}
      >
        <Stack gap="md">
          <What {...fields} made={pool !== undefined} />
          <Who {...fields} />
          <Part title={t.shape} hint={t.shapeHint}>
            <ShapeFields {...fields} />
          </Part>
          <Part title={t.rules} hint={t.rulesHint}>
            <RuleFields {...fields} />
          </Part>
          <Part title={t.policy} hint={t.policyHint}>
            <PolicyFields {...fields} />
          </Part>
        </Stack>
        <FormEnd
          action={pool ? text.common.save : text.common.create}
          close={close}
          error={create.error ?? update.error}
          pending={create.isPending || update.isPending}
        />
      </form>
    </Dialog>
  );
}

interface PartProps {
  readonly title: string;
  readonly hint: string;
  readonly children: ReactNode;
}

const Part = ({ title, hint, children }: PartProps) => (
  <details className={style["part"]}>
    <summary>
      {title} <span className="soft">{hint}</span>
    </summary>
    <Stack gap="md" mt="sm">
      {children}
    </Stack>
  </details>
);

const keepsAll: readonly Keeps[] = ["nothing", "home", "guest"];

function What({ wish, change, made }: FieldsProps & { readonly made: boolean }) {
  const text = useText();
  const t = text.desktopPools;
  const images = (useRead("imageList").data ?? []).filter(({ desktop }) => desktop);
  const guests = useRead("guestList").data ?? [];
  const storage = [...new Set((useRead("poolList").data ?? []).map(({ name }) => name))];
  return (
    <>
      {!made && (
        <TextInput
          required
          label={text.common.name}
          description={t.nameHint}
          value={wish.name}
          onChange={(event) => change({ name: event.currentTarget.value })}
          autoCapitalize="none"
          spellCheck={false}
          data-autofocus
        />
      )}
      <TextInput
        label={t.poolTitle}
        description={t.poolTitleHint}
        value={wish.title}
        maxLength={64}
        onChange={(event) => change({ title: event.currentTarget.value })}
      />
      <Textarea
        label={text.common.description}
        description={t.descriptionHint}
        autosize
        maxRows={5}
        value={wish.description}
        onChange={(event) => change({ description: event.currentTarget.value })}
      />
      <Radio.Group
        label={t.madeOf}
        value={wish.source}
        onChange={(source) => change({ source: source === "guest" ? "guest" : "image" })}
      >
        <div className={style["inline"]}>
          <Radio size="xs" value="image" label={t.ofImage} />
          <Radio size="xs" value="guest" label={t.ofGuest} />
        </div>
      </Radio.Group>
      {wish.source === "image" ? (
        <Select
          required
          label={t.image}
          description={t.imageHint}
          data={images.map(({ name }) => name)}
          value={wish.image === "" ? null : wish.image}
          onChange={(image) => change({ image: image ?? "" })}
          searchable
        />
      ) : (
        <Select
          required
          label={t.guest}
          description={t.guestHint}
          data={guests.map(({ id, name }) => ({ value: id, label: name }))}
          value={wish.guest === "" ? null : wish.guest}
          onChange={(guest) => change({ guest: guest ?? "" })}
          limit={50}
          searchable
        />
      )}
      {!made && (
        <Radio.Group
          label={t.keeps}
          value={wish.keeps}
          onChange={(value) => change({ keeps: keepsAll.find((each) => each === value) ?? "nothing" })}
        >
          <Stack gap={8} mt={4}>
            {keepsAll.map((each) => (
              <Radio
                key={each}
                size="xs"
                value={each}
                label={t.keepsNames[each]}
                description={t.keepsHints[each]}
              />
            ))}
          </Stack>
        </Radio.Group>
      )}
      {wish.keeps === "home" && (
        <div className={style["two"]}>
          <NumberInput
            label={t.homeSize}
            description={t.inGiB}
            min={1}
            allowDecimal={false}
            value={wish.homeSize}
            onChange={(value) => change({ homeSize: typeof value === "number" ? value : "" })}
          />
          {!made && (
            <Select
              label={t.homePool}
              description={t.homePoolHint}
              data={storage}
              value={wish.homePool === "" ? null : wish.homePool}
              onChange={(homePool) => change({ homePool: homePool ?? "" })}
              clearable
            />
          )}
        </div>
      )}
      <div className={style["two"]}>
        <NumberInput
          label={t.standby}
          description={t.standbyHint}
          min={0}
          max={200}
          allowDecimal={false}
          value={wish.standby}
          onChange={(value) => change({ standby: typeof value === "number" ? value : "" })}
        />
        <NumberInput
          label={t.most}
          description={t.mostHint}
          min={1}
          allowDecimal={false}
          value={wish.most}
          onChange={(value) => change({ most: typeof value === "number" ? value : "" })}
        />
      </div>
    </>
  );
}

function Who({ wish, change }: FieldsProps) {
  const t = useText().desktopPools;
  return (
    <fieldset className={style["who"]}>
      <legend>{t.who}</legend>
      <Checkbox
        size="xs"
        label={t.everyone}
        checked={wish.everyone}
        onChange={(event) => change({ everyone: event.currentTarget.checked })}
      />
      {!wish.everyone && (
        <>
          <TagsInput
            label={t.users}
            value={[...wish.users]}
            onChange={(users) => change({ users })}
            splitChars={[",", " "]}
            acceptValueOnBlur
          />
          <TagsInput
            label={t.groups}
            description={t.groupsHint}
            value={[...wish.groups]}
            onChange={(groups) => change({ groups })}
            splitChars={[","]}
            acceptValueOnBlur
          />
          <TagsInput
            label={t.claims}
            description={t.claimsHint}
            placeholder="department=sales"
            value={[...wish.claims]}
            onChange={(claims) => change({ claims })}
            splitChars={[","]}
            acceptValueOnBlur
          />
        </>
      )}
    </fieldset>
  );
}

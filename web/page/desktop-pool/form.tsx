/** Makes a desktop pool, or changes one: what most need first, the rest behind headings. */
import { NumberInput, Radio, Select, Stack, Textarea, TextInput } from "@mantine/core";
import { useEffect, useState, type ReactNode } from "react";
import { Link, useNavigate } from "react-router";
import type { DesktopPool, Keeps } from "#contract/schema/desktop-pool";
import { useChange } from "../../data/change.ts";
import { useRead } from "../../data/query.ts";
import { useText } from "../../text/use-text.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { FormEnd } from "../../ui/form-end.tsx";
import { isName } from "../guest/wish.ts";
import { fieldError, noErrors } from "./field-error.ts";
import { PolicyFields, RuleFields, ShapeFields, type FieldsProps } from "./more-fields.tsx";
import { WhoFields } from "./who-fields.tsx";
import { changeOf, named, poolOf, usualWish, wishOf } from "./wish.ts";
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
  const navigate = useNavigate();
  const error = create.error ?? update.error;
  const about = error ? fieldError(error) : noErrors;
  const badName = wish.name !== "" && !isName(wish.name);
  const fields: FieldsProps = {
    wish,
    errors: badName ? { ...about.errors, name: text.create.badName } : about.errors,
    change: (part) => setWish((old) => ({ ...old, ...part })),
  };
  /** There are its links, and how far its standbys are. */
  function toPool({ id }: DesktopPool): void {
    close();
    void navigate(`/desktop-pools/${id}`);
  }
  function submit(): void {
    if (badName) return;
    if (pool)
      update.mutate({ params: { desktopPool: pool.id }, body: changeOf(wish, pool) }, { onSuccess: close });
    else create.mutate({ body: poolOf(wish) }, { onSuccess: toPool });
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
          <WhoFields {...fields} />
          <Part title={t.shape} hint={t.shapeHint} opened={"networks" in about.errors}>
            <ShapeFields {...fields} />
          </Part>
          <Part title={t.rules} hint={t.rulesHint} opened={"zone" in about.errors}>
            <RuleFields {...fields} />
          </Part>
          <Part title={t.policy} hint={t.policyHint}>
            <PolicyFields {...fields} />
          </Part>
        </Stack>
        <FormEnd
          action={pool ? text.common.save : text.common.create}
          close={close}
          error={about.rest ?? null}
          pending={create.isPending || update.isPending}
        />
      </form>
    </Dialog>
  );
}

interface PartProps {
  readonly title: string;
  readonly hint: string;
  /** Something in it is to be seen. */
  readonly opened?: boolean;
  readonly children: ReactNode;
}

const Part = ({ title, hint, opened = false, children }: PartProps) => (
  <details className={style["part"]} {...(opened ? { open: true } : {})}>
    <summary>
      {title} <span className="soft">{hint}</span>
    </summary>
    <Stack gap="md" mt="sm">
      {children}
    </Stack>
  </details>
);

const keepsAll: readonly Keeps[] = ["nothing", "home", "guest"];

function What({ wish, errors, change, made }: FieldsProps & { readonly made: boolean }) {
  const text = useText();
  const t = text.desktopPools;
  /** The name is what the title makes of it, until it is written by itself. */
  const [follows, setFollows] = useState(true);
  const images = useRead("imageList").data?.filter(({ desktop }) => desktop);
  const only = images?.length === 1 ? images[0]?.name : undefined;
  useEffect(() => {
    if (!made && only !== undefined) change({ image: only });
    // What is chosen after that stays.
    // oxlint-disable-next-line react-hooks/exhaustive-deps
  }, [made, only]);
  const guests = useRead("guestList").data ?? [];
  const storage = [...new Set((useRead("poolList").data ?? []).map(({ name }) => name))];
  return (
    <>
      <TextInput
        label={t.poolTitle}
        description={t.poolTitleHint}
        value={wish.title}
        maxLength={64}
        onChange={({ currentTarget: { value: title } }) =>
          change(follows ? { title, name: named(title) } : { title })
        }
        data-autofocus
      />
      {!made && (
        <TextInput
          required
          label={text.common.name}
          description={t.nameHint(`${location.host}/desktops/${wish.name || "…"}`)}
          error={errors.name}
          value={wish.name}
          onChange={(event) => {
            setFollows(event.currentTarget.value === "");
            change({ name: event.currentTarget.value });
          }}
          autoCapitalize="none"
          spellCheck={false}
        />
      )}
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
          description={
            images?.length === 0 ? (
              <>
                {t.noImage} <Link to="/images?get=recipe">{t.toImages}</Link>
              </>
            ) : (
              t.imageHint
            )
          }
          error={errors.image}
          data={images?.map(({ name }) => name) ?? []}
          value={wish.image === "" ? null : wish.image}
          onChange={(image) => change({ image: image ?? "" })}
          allowDeselect={false}
          searchable
        />
      ) : (
        <Select
          required
          label={t.guest}
          description={t.guestHint}
          error={errors.guest}
          data={guests.map(({ id, name }) => ({ value: id, label: name }))}
          value={wish.guest === "" ? null : wish.guest}
          onChange={(guest) => change({ guest: guest ?? "" })}
          allowDeselect={false}
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
            error={errors.homeSize}
            min={1}
            allowDecimal={false}
            value={wish.homeSize}
            onChange={(value) => change({ homeSize: typeof value === "number" ? value : "" })}
          />
          {!made && (
            <Select
              label={t.homePool}
              description={t.homePoolHint}
              error={errors.homePool}
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

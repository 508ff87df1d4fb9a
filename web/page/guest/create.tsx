/** Makes a guest: an image, a name, a size. All else is folded away, and what will happen is said first. */
import { Button, SegmentedControl, TextInput } from "@mantine/core";
import { useDisclosure, useMediaQuery } from "@mantine/hooks";
import { Suspense, useState } from "react";
import { Link, useNavigate, useSearchParams } from "react-router";
import type { Schemas } from "#contract/schemas";
import { useChange } from "../../data/change.ts";
import { forecast, type Forecast } from "../../data/forecast.ts";
import { useHosts } from "../../data/hosts.ts";
import { useRead } from "../../data/query.ts";
import { later } from "../../later.ts";
import { bytes } from "../../text/format.ts";
import { useLanguage, useText } from "../../text/use-text.tsx";
import { Empty } from "../../ui/empty.tsx";
import { Failure } from "../../ui/failure.tsx";
import { Loading } from "../../ui/loading.tsx";
import { Page } from "../../ui/page.tsx";
import style from "./create.module.css";
import { MoreSettings } from "./more-settings.tsx";
import { firstWish, isName, sizeOf, sizes, suggestedBy, toBody, type Size, type Wish } from "./wish.ts";

type Image = Schemas["Image"];

const { Part: Placed, ahead } = later(async () => (await import("./placed.tsx")).Placed);

export function GuestCreate() {
  const text = useText();
  const { data: images, error, refetch } = useRead("imageList");
  return (
    <Page title={text.create.title} narrow>
      {error && !images && <Failure error={error} retry={() => void refetch()} />}
      {!images && !error && <Loading />}
      {images?.length === 0 && (
        <Empty
          title={text.create.noImages}
          hint={text.create.noImagesHint}
          action={
            <Button component={Link} to="/images?get=recipe">
              {text.create.toImages}
            </Button>
          }
        />
      )}
      {images && images.length > 0 && <Form images={images} />}
    </Page>
  );
}

function Form({ images }: { readonly images: readonly Image[] }) {
  const text = useText();
  const t = text.create;
  const navigate = useNavigate();
  const [params] = useSearchParams();
  const asked = params.get("image");
  const first = images.find(({ name }) => name === asked) ?? images.find(({ kind }) => kind === "disk");
  const [wish, setWish] = useState<Wish>({ ...firstWish, image: (first ?? images[0])?.name ?? "" });
  const [more, setMore] = useState(false);
  const { mutate, error, isPending } = useChange("guestCreate", { quiet: true });
  const change = (part: Partial<Wish>) => setWish((before) => ({ ...before, ...part }));
  const image = images.find(({ name }) => name === wish.image);
  const badName = wish.name !== "" && !isName(wish.name);
  const body = toBody(wish, image?.kind === "iso");
  return (
    <form
      className={style["form"]}
      onSubmit={(event) => {
        event.preventDefault();
        if (badName || !image) return;
        mutate(
          { body },
          { onSuccess: () => void navigate(wish.name === "" ? "/guests" : `/guests/${wish.name}`) },
        );
      }}
    >
      <fieldset className={style["set"]}>
        <legend className={style["legend"]}>{t.image}</legend>
        <div className={style["images"]}>
          {images.map((each) => (
            <ImageChoice
              key={each.id}
              image={each}
              chosen={each.name === wish.image}
              choose={() => change({ image: each.name, ...suggestedBy(each) })}
            />
          ))}
        </div>
      </fieldset>
      <TextInput
        label={t.name}
        description={t.nameHint}
        placeholder={t.namePlaceholder}
        value={wish.name}
        onChange={(event) => change({ name: event.currentTarget.value })}
        error={badName ? t.badName : undefined}
        spellCheck={false}
        autoComplete="off"
      />
      <fieldset className={style["set"]}>
        <legend className={style["legend"]}>{t.size}</legend>
        <Sizes wish={wish} change={change} own={() => setMore(true)} />
      </fieldset>
      <div>
        <Button
          variant="subtle"
          color="gray"
          px={10}
          ml={-10}
          aria-expanded={more}
          onClick={() => setMore(!more)}
        >
          {more ? t.less : t.more}
        </Button>
      </div>
      {more && <MoreSettings wish={wish} change={change} />}
      {error && <Failure error={error} />}
      <div className={style["end"]}>
        <Cost body={body} image={image?.kind === "iso" ? undefined : image} />
        <Where body={body} disabled={badName || !image} />
        <Button type="submit" size="sm" loading={isPending} disabled={badName || !image}>
          {t.submit}
        </Button>
      </div>
    </form>
  );
}

interface ImageChoiceProps {
  readonly image: Image;
  readonly chosen: boolean;
  choose(): void;
}

function ImageChoice({ image, chosen, choose }: ImageChoiceProps) {
  const { language } = useLanguage();
  return (
    <label className={style["choice"]}>
      <input type="radio" name="image" value={image.name} checked={chosen} onChange={choose} />
      <b>{image.name}</b>
      <span className="soft">
        {image.kind === "iso" ? "ISO" : image.description || bytes(image.size, language)}
      </span>
    </label>
  );
}

interface SizesProps {
  readonly wish: Wish;
  change(part: Partial<Wish>): void;
  /** Own figures are among the other settings. */
  own(): void;
}

function Sizes({ wish, change, own }: SizesProps) {
  const { text, language } = useLanguage();
  const t = text.create;
  const narrow = useMediaQuery("(max-width: 700px)") ?? false;
  const label = (size: Size) =>
    `${t[size]} · ${sizes[size].cpus} × ${bytes(sizes[size].memory * 1024 ** 2, language)}`;
  return (
    <SegmentedControl
      size="xs"
      orientation={narrow ? "vertical" : "horizontal"}
      fullWidth={narrow}
      aria-label={t.size}
      value={sizeOf(wish) ?? "own"}
      onChange={(value) => {
        if (value === "own") own();
        else change(sizes[value as Size]);
      }}
      data={[
        ...(Object.keys(sizes) as Size[]).map((size) => ({ value: size, label: label(size) })),
        { value: "own", label: t.own },
      ]}
    />
  );
}

/** Of several hosts the one that suits it best has it. */
function Where({ body, disabled }: { readonly body: Schemas["GuestCreate"]; readonly disabled: boolean }) {
  const t = useText().placed;
  const hosts = useHosts().data;
  const [asking, ask] = useDisclosure();
  if (!hosts || hosts.length < 2) return null;
  return (
    <>
      <Button variant="default" ml="auto" disabled={disabled} onClick={ask.open} onPointerEnter={ahead}>
        {t.ask}
      </Button>
      {asking && (
        <Suspense>
          <Placed body={body} close={ask.close} />
        </Suspense>
      )}
    </>
  );
}

function Cost({ body, image }: { readonly body: Schemas["GuestCreate"]; readonly image: Image | undefined }) {
  const { text, language } = useLanguage();
  const t = text.create;
  const templates = useRead("templateList").data;
  const host = useRead("hostGet").data;
  const alone = useHosts().data?.length === 0;
  if (!templates) return <span />;
  const { cpus = 1, memory = 0, disks } = body;
  const size = `${cpus} × ${bytes(memory, language)}`;
  const what = forecast(body, image, templates);
  const words: Readonly<Record<Forecast, readonly [string, string]>> = {
    fork: [t.willFork, t.willForkHint(size)],
    "boot-asked": [t.willBoot, t.willBootCold],
    "boot-settings": [t.willBoot, t.willBootSettings],
    "boot-no-template": [t.willBoot, t.willBootNoTemplate(size)],
    "boot-iso": [t.willBoot, t.willBootIso],
    stay: [t.willStay, ""],
  };
  const disk = disks?.[0]?.size ?? image?.size ?? 20 * 1024 ** 3;
  // Of several hosts another one may have it.
  const short = alone && host !== undefined && body.start !== false && memory > host.memoryAvailable;
  return (
    <div className={style["cost"]} role="status">
      <b>{words[what][0]}</b>
      <span className="soft">
        {words[what][1]} {t.takes(bytes(memory, language), bytes(disk, language))}
      </span>
      {short && <span>{t.tooMuch(bytes(host.memoryAvailable, language))}</span>}
    </div>
  );
}

/** Gets an image: by a recipe, from this computer, from the network, or from a file of the host. */
import { Button, Group, SegmentedControl, Select, TextInput } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { useState } from "react";
import type { Schemas } from "#contract/schemas";
import { useChange } from "../../data/change.ts";
import { useRead } from "../../data/query.ts";
import { useText } from "../../text/use-text.tsx";
import { Failure } from "../../ui/failure.tsx";
import { Loading } from "../../ui/loading.tsx";
import style from "./get.module.css";
import { Dialog } from "../../ui/dialog.tsx";
import { UploadPlace } from "./drop.tsx";

interface GetProps {
  readonly opened: boolean;
  close(): void;
}

type Way = "recipe" | "upload" | "url" | "file";

export function GetImage({ opened, close }: GetProps) {
  const text = useText();
  const t = text.images;
  const [way, setWay] = useState<Way>("recipe");
  const narrow = useMediaQuery("(max-width: 700px)") ?? false;
  return (
    <Dialog opened={opened} onClose={close} title={t.getTitle} size="lg">
      <SegmentedControl
        size="xs"
        fullWidth
        orientation={narrow ? "vertical" : "horizontal"}
        mb="md"
        aria-label={t.getTitle}
        value={way}
        onChange={(value) => setWay(value as Way)}
        data={[
          { value: "recipe", label: t.byRecipe },
          { value: "upload", label: text.uploads.byUpload },
          { value: "url", label: t.byUrl },
          { value: "file", label: t.byFile },
        ]}
      />
      {way === "recipe" && <Recipes close={close} />}
      {way === "upload" && <UploadPlace close={close} />}
      {(way === "url" || way === "file") && <Elsewhere key={way} way={way} close={close} />}
    </Dialog>
  );
}

function Recipes({ close }: { close(): void }) {
  const text = useText();
  const t = text.images;
  const { data, error } = useRead("recipeList");
  const build = useChange("imageBuild", { quiet: true });
  if (error) return <Failure error={error} />;
  if (!data) return <Loading rows={3} />;
  return (
    <>
      <p className="soft">{t.recipeHint}</p>
      {build.error && <Failure error={build.error} />}
      <ul className={style["recipes"]}>
        {data.map(({ name, description, built }) => (
          <li key={name}>
            <div>
              <b>{name}</b> {built && <span className="soft">{t.built}</span>}
              <p className="soft">{description}</p>
            </div>
            <Button
              variant="default"
              loading={build.isPending && build.variables.body.recipe === name}
              aria-label={`${built ? t.rebuild : t.build}: ${name}`}
              onClick={() =>
                build.mutate(
                  { body: { recipe: name, ...(built ? { rebuild: true } : {}) } },
                  { onSuccess: close },
                )
              }
            >
              {built ? t.rebuild : t.build}
            </Button>
          </li>
        ))}
      </ul>
    </>
  );
}

type Agent = Schemas["Image"]["agent"];

function Elsewhere({ way, close }: { readonly way: "url" | "file"; close(): void }) {
  const text = useText();
  const t = text.images;
  const [place, setPlace] = useState("");
  const [name, setName] = useState("");
  const [sha256, setSha256] = useState("");
  const [agent, setAgent] = useState<Agent>("none");
  const pull = useChange("imagePull", { quiet: true });
  const take = useChange("imageImport", { quiet: true });
  const { error, isPending } = way === "url" ? pull : take;
  function submit(): void {
    const more = {
      agent,
      ...(name === "" ? {} : { name }),
      ...(sha256 === "" ? {} : { sha256: sha256.trim().toLowerCase() }),
    };
    if (way === "url") pull.mutate({ body: { url: place, ...more } }, { onSuccess: close });
    else take.mutate({ body: { path: place, ...more } }, { onSuccess: close });
  }
  return (
    <form
      className={style["form"]}
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      <TextInput
        required
        type={way === "url" ? "url" : "text"}
        label={way === "url" ? t.url : t.path}
        description={t.urlHint}
        value={place}
        onChange={(event) => setPlace(event.currentTarget.value)}
        spellCheck={false}
        data-autofocus
      />
      <TextInput
        label={text.common.name}
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
        spellCheck={false}
      />
      <TextInput
        label={t.sha256}
        description={t.sha256Hint}
        value={sha256}
        onChange={(event) => setSha256(event.currentTarget.value)}
        spellCheck={false}
        classNames={{ input: "mono" }}
      />
      <Select
        label={t.agent}
        description={t.agentHint}
        allowDeselect={false}
        data={(["none", "qemu", "lodge"] as const).map((value) => ({ value, label: t.agents[value] }))}
        value={agent}
        onChange={(value) => setAgent(value as Agent)}
      />
      {error && <Failure error={error} />}
      <Group justify="flex-end" gap="xs">
        <Button variant="default" onClick={close}>
          {text.common.cancel}
        </Button>
        <Button type="submit" loading={isPending}>
          {way === "url" ? t.fetch : t.importIt}
        </Button>
      </Group>
    </form>
  );
}

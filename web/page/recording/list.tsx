/** Recordings of displays, and files of recordings that somebody has. */
import { Button, FileButton } from "@mantine/core";
import { IconFolderOpen } from "@tabler/icons-react";
import { lazy, Suspense, useMemo, useState } from "react";
import { useRead } from "../../data/query.ts";
import { useText } from "../../text/use-text.tsx";
import { fileSource } from "../../console/recording/source.ts";
import { Awaited } from "../../ui/awaited.tsx";
import { Empty } from "../../ui/empty.tsx";
import { Loading } from "../../ui/loading.tsx";
import { Page, Section } from "../../ui/page.tsx";
import { RecordingTable } from "./table.tsx";

const Player = lazy(async () => ({ default: (await import("../../console/recording/player.tsx")).Player }));

export function RecordingList() {
  const t = useText().recordings;
  const { data, error, refetch } = useRead("recordingList");
  const [file, setFile] = useState<File | null>(null);
  const source = useMemo(() => file && fileSource(file), [file]);
  const open = (
    <FileButton accept=".lodgerec" onChange={setFile}>
      {(props) => (
        <Button {...props} variant="default" leftSection={<IconFolderOpen size={14} />}>
          {t.openFile}
        </Button>
      )}
    </FileButton>
  );
  return (
    <Page title={t.title} actions={open}>
      {file && source && (
        <Section title={file.name}>
          <Suspense fallback={<Loading />}>
            <Player source={source} name={file.name} />
          </Suspense>
        </Section>
      )}
      <Awaited data={data} error={error} refetch={refetch} />
      {data?.length === 0 && <Empty title={t.empty} hint={t.emptyHint} />}
      {data && data.length > 0 && <RecordingTable recordings={data} />}
    </Page>
  );
}

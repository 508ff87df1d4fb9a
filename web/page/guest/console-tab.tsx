/** The consoles; their code is fetched with the first that is opened. */
import { SegmentedControl } from "@mantine/core";
import { lazy, Suspense } from "react";
import { useSearchParams } from "react-router";
import type { Schemas } from "#contract/schemas";
import { may } from "../../data/guest-action.ts";
import { useText } from "../../text/use-text.tsx";
import { Empty } from "../../ui/empty.tsx";
import { Loading } from "../../ui/loading.tsx";

const Serial = lazy(async () => ({ default: (await import("../../console/serial.tsx")).Serial }));
const Display = lazy(async () => ({ default: (await import("../../console/display.tsx")).Display }));

export function ConsoleTab({ guest }: { readonly guest: Schemas["Guest"] }) {
  const text = useText();
  const [params, setParams] = useSearchParams();
  if (!may("console", guest)) return <Empty title={text.guest.notRunning} hint={text.guest.notRunningHint} />;
  const serial = params.get("view") === "serial";
  return (
    <>
      <div>
        <SegmentedControl
          size="xs"
          aria-label={text.guest.consoleView}
          value={serial ? "serial" : "display"}
          onChange={(view) => setParams(view === "serial" ? { view } : {}, { replace: true })}
          data={[
            { value: "display", label: text.guest.display },
            { value: "serial", label: text.guest.serial },
          ]}
        />
      </div>
      <Suspense fallback={<Loading />}>
        {serial ? <Serial guest={guest.id} /> : <Display guest={guest} />}
      </Suspense>
    </>
  );
}

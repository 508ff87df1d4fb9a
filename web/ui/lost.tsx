/** Nothing is where the address leads, or a page broke. */
import { Button } from "@mantine/core";
import { Link, useRouteError } from "react-router";
import { errorOf } from "../data/api.ts";
import { useText } from "../text/use-text.tsx";
import { Empty } from "./empty.tsx";
import { Failure } from "./failure.tsx";
import { Page } from "./page.tsx";

export function Lost() {
  const text = useText();
  const back = (
    <Button component={Link} to="/guests" variant="default">
      {text.shell.toGuests}
    </Button>
  );
  return (
    <Page title={text.shell.notFound} narrow>
      <Empty title={text.shell.notFound} hint={text.shell.notFoundHint} action={back} />
    </Page>
  );
}

/** A page's code that cannot be fetched is one of an older build, whose files are gone. */
let outdated = false;
globalThis.addEventListener("vite:preloadError", () => (outdated = true));

export function Broken() {
  const text = useText();
  const error = useRouteError();
  const reload = () => location.reload();
  return (
    <Page title="Lodge" narrow>
      {outdated ? (
        <Empty title={text.shell.updated} action={<Button onClick={reload}>{text.shell.reload}</Button>} />
      ) : (
        <Failure error={errorOf(error)} retry={reload} />
      )}
    </Page>
  );
}

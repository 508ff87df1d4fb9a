/** Nothing is where the address leads, or a page broke. */
import { Button } from "@mantine/core";
import { Component, type ReactNode } from "react";
import { Link, useLocation } from "react-router";
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
      <Empty title={text.shell.notFoundHint} action={back} />
    </Page>
  );
}

/** A page's code that cannot be fetched is one of an older build, whose files are gone. */
let outdated = false;
globalThis.addEventListener("vite:preloadError", () => (outdated = true));

function Broken({ error }: { readonly error: unknown }) {
  const text = useText();
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

interface CatchProps {
  readonly children: ReactNode;
  /** Where the page is: another one is tried anew. */
  readonly at: string;
}

interface Caught {
  readonly at?: string;
  readonly error?: unknown;
  readonly broken: boolean;
}

/** React tells of what broke in a class alone. */
class Catch extends Component<CatchProps, Caught> {
  override state: Caught = { broken: false };

  static getDerivedStateFromError(error: unknown): Caught {
    return { error, broken: true };
  }

  static getDerivedStateFromProps({ at }: CatchProps, before: Caught): Caught {
    return before.at === undefined || before.at === at ? { ...before, at } : { at, broken: false };
  }

  override render() {
    return this.state.broken ? <Broken error={this.state.error} /> : this.props.children;
  }
}

/** What breaks within leaves all around it whole, and another page opens as ever. */
export function Unbroken({ children }: { readonly children: ReactNode }) {
  return <Catch at={useLocation().pathname}>{children}</Catch>;
}

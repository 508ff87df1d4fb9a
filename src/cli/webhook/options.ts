/** What webhooks are told of: the options that making and changing one have in common. */
import { flag, many, text } from "../command.ts";

const kind = /^(\*|[a-z][a-z0-9_]*\.(\*|[a-z][a-z0-9_]*))$/;

export const tellingOptions = {
  event: many(
    "KIND",
    "A kind of events as 'lodge events' shows it, or as guest.*; may be given again.",
    (given) => {
      if (!kind.test(given))
        throw new RangeError(`'${given}' is no kind such as guest.created, guest.* or *`);
      return given;
    },
  ),
  guest: text("GUEST", "Only of this guest.", { complete: "guest" }),
  label: text("LABEL", "Only of guests with this label: KEY or KEY=VALUE."),
  "of-project": text("PROJECT", "Only of what belongs to this project.", { complete: "project" }),
  "allow-http": flag("The address may be http, which anybody on the way can read."),
} as const;

interface Given {
  readonly event?: readonly string[] | undefined;
  readonly guest?: string | undefined;
  readonly label?: string | undefined;
  readonly "of-project"?: string | undefined;
  readonly "allow-http"?: boolean | undefined;
}

export const tellingOf = ({
  event,
  guest,
  label,
  "of-project": project,
  "allow-http": allowHttp,
}: Given) => ({
  ...(event === undefined || event.length === 0 ? {} : { events: [...event] }),
  ...(guest === undefined ? {} : { guest }),
  ...(label === undefined ? {} : { label }),
  ...(project === undefined ? {} : { project }),
  ...(allowHttp === undefined ? {} : { allowHttp }),
});

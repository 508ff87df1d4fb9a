import type { Schemas } from "#contract/schemas";

/** A link that is handed to whose account it is for. */
export interface Handed {
  readonly name: string;
  readonly link: string;
}

/** The link at this page's own address. */
export const linkOf = ({ code }: Schemas["MadeLink"]): string => `${location.origin}/#/welcome?code=${code}`;

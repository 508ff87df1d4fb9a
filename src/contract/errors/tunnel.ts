import type { CatalogueEntry } from "./entry.ts";

/** Errors of the ports that the command line opens on its own computer. */
export const tunnelErrors = {
  "tunnel.not_listening": {
    status: 409,
    message: "Port {port} of 127.0.0.1 cannot be opened: {reason}.",
    hint: "Leave --listen out for a port that is free, or name another.",
  },
  "tunnel.users_unknown": {
    status: 422,
    message:
      "This system does not tell whose a connection to 127.0.0.1 is: any user of this computer could come in.",
    hint: "Use --socket PATH or --stdio; or --any-user where nobody else uses this computer.",
  },
  "tunnel.other_user": {
    status: 403,
    message: "A program of another user of this computer was not let in.",
    hint: "Connect as the user who opened it; '--any-user' lets everybody in.",
  },
  "tunnel.wrong_password": {
    status: 403,
    message: "A viewer did not give the password, and was not let in.",
    hint: "It is shown where the viewer's port was opened, and is another one each time.",
  },
  "tunnel.no_program": {
    status: 404,
    message: "There is no program here that shows {scheme} addresses: looked for {programs}.",
    hint: "Install one of them, or leave --open out and give the address to your own.",
  },
} as const satisfies Record<string, CatalogueEntry>;

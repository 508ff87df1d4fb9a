import { LodgeError } from "#contract/errors";
import { createClient } from "#client/client";
import { readRemotes, writeRemotes } from "#client/remotes";
import { command, parsed } from "../command.ts";
import { readSecret } from "./read-secret.ts";
import { unknownAuthority } from "./unknown-authority.ts";

const namePattern = /^[a-z0-9]([a-z0-9._-]{0,62}[a-z0-9])?$/;

/** Colons and case do not count. */
const bare = (fingerprint: string): string => fingerprint.replaceAll(":", "").toUpperCase();

function fingerprint(given: string): string {
  if (!/^[0-9A-F]{64}$/.test(bare(given))) throw new RangeError("is not a SHA-256 fingerprint");
  return bare(given);
}

export const add = command({
  operands: [{ name: "NAME" }, { name: "URL" }],
  options: {
    fingerprint: parsed(
      "SHA256",
      "That of the certificate authority, as 'lodge info' shows it there.",
      fingerprint,
    ),
  },
  about: `Asks for a token, which 'lodge token create' makes there; LODGE_TOKEN goes before. A certificate authority that this
    computer does not trust is pinned by its fingerprint: from then on no other is taken for this name.`,
  examples: [
    ["lodge remote add lab https://lab.example:7070", "then type the token"],
    ["lodge ls --remote lab", "its guests"],
  ],
  async run({ operands, options }, { terminal, name: command }) {
    const [name = "", given = ""] = operands;
    if (!namePattern.test(name))
      throw new LodgeError("api.usage", { reason: `'${name}' is no name`, command });
    const url = requireUrl(given);
    const ca = await unknownAuthority(url);
    if (ca && options.fingerprint !== bare(ca.fingerprint)) {
      if (options.fingerprint !== undefined)
        throw new LodgeError("cli.certificate_other", { url: url.origin, fingerprint: ca.fingerprint });
      throw new LodgeError("cli.certificate_unknown", { url: url.origin, name, fingerprint: ca.fingerprint });
    }
    const token = process.env["LODGE_TOKEN"] ?? (await readSecret(terminal, "Token: "));
    const remote = { url: url.origin, token, ...(ca ? { ca: ca.pem } : {}) };
    const { role } = await createClient(remote).call("sessionGet");
    writeRemotes({ ...readRemotes(), [name]: remote });
    terminal.print(`${name} is ${url.origin}, where you are ${role}`);
  },
});

function requireUrl(given: string): URL {
  const url = URL.parse(given);
  const local = url && /^(localhost|127\.[\d.]+|\[::1\])$/.test(url.hostname);
  if (url?.protocol === "https:" || (url?.protocol === "http:" && local)) return url;
  throw new LodgeError("api.invalid", {
    field: "URL",
    reason:
      "has to begin with https, as in https://lab.example:7070 (without TLS others on the way could read the token)",
  });
}

/**
 * User data without what is secret in it, as far as that can be told: the values of keys that are called like a
 * secret, accounts' passwords, private keys. It keeps a secret from a glance over the shoulder; who may run commands
 * in the guest can read all of it there.
 */
const hidden = "[hidden]";

/** Names of what is secret, in YAML (`password: x`) and in scripts (`DB_PASSWORD=x`). */
const secretKey =
  /^(\s*(?:-\s+)?(?:export\s+)?["']?[\w.-]*(?:pass(?:word|wd|phrase)?|passwd|secret|token|api[_-]?key|private(?:[_-]?key)?|credentials?|ed25519_private|rsa_private|ecdsa_private|hash)["']?\s*(?::|=)[ \t]*)(\S.*)$/i;
/** The same inside a flow mapping or a command: `{ name: x, passwd: y }`, `--password=y`. */
const inline =
  /((?:pass(?:word|wd|phrase)?|passwd|secret|token|api[_-]?key)["']?\s*[:=]\s*)("[^"]*"|'[^']*'|[^\s,}\]"']+)/gi;
const account = /^(\s*(?:-\s+)?[a-z_][\w-]*:)(\S.*)$/i;
const indentOf = (line: string): number => line.length - line.trimStart().length;

export function redact(userData: string): string {
  const out: string[] = [];
  /** The indentation of a key whose block of lines is hidden, or shows accounts alone. */
  let block: { readonly indent: number; readonly accounts: boolean } | undefined;
  let pem = false;
  for (const line of userData.split("\n")) {
    if (pem) {
      pem = !/-----END/.test(line);
      continue;
    }
    if (/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(line)) {
      out.push(`${line.slice(0, indentOf(line))}${hidden}`);
      pem = !/-----END/.test(line);
      continue;
    }
    if (block && line.trim() !== "" && indentOf(line) <= block.indent) block = undefined;
    if (block) {
      if (block.accounts) out.push(line.replace(account, `$1${hidden}`));
      continue;
    }
    const key = secretKey.exec(line);
    if (key) {
      out.push(`${key[1]}${hidden}`);
      if (/^[|>]/.test(key[2] ?? "")) block = { indent: indentOf(line), accounts: false };
      continue;
    }
    // chpasswd's list: one account and its password a line.
    if (/^\s*list:\s*[|>]/.test(line)) block = { indent: indentOf(line), accounts: true };
    out.push(line.replace(inline, `$1${hidden}`));
  }
  return out.join("\n");
}

/** Secrets that are nothing but themselves, and where one of them can be found that should not be. */
import { randomBytes } from "node:crypto";
import { lstatSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

export class Canary {
  readonly #secrets = new Map<string, string>();

  /** A new one, for this field. */
  of(field: string): string {
    const secret = `Canary${randomBytes(12).toString("hex")}`;
    this.#secrets.set(field, secret);
    return secret;
  }

  /** One that Lodge made itself. */
  know(field: string, secret: string): void {
    this.#secrets.set(field, secret);
  }

  /** The fields whose secrets are in there, as they are or encoded as bytes often are. */
  foundIn(content: Buffer | string): string[] {
    const bytes = Buffer.isBuffer(content) ? content : Buffer.from(content);
    return [...this.#secrets].flatMap(([field, secret]) =>
      forms(secret).some((form) => bytes.includes(form)) ? [field] : [],
    );
  }
}

/** As text, in hexadecimal, in UTF-16, and in base64 wherever it begins. */
function forms(secret: string): Buffer[] {
  const plain = Buffer.from(secret);
  const base64 = [0, 1, 2].map((shift) => {
    const text = Buffer.concat([Buffer.alloc(shift), plain]).toString("base64");
    // What the bytes before and behind have a part in is left out.
    return Buffer.from(text.slice(shift === 0 ? 0 : 4, -8));
  });
  return [plain, Buffer.from(plain.toString("hex")), Buffer.from(secret, "utf16le"), ...base64];
}

export interface Found {
  readonly where: string;
  readonly fields: readonly string[];
}

/** In what every user of this computer can see of its processes, and root. */
export function inProcesses(canary: Canary): Found[] {
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid);
  return pids.flatMap((pid) =>
    ["cmdline", "environ"].flatMap((file) => {
      const fields = canary.foundIn(contentOf(join("/proc", pid, file)));
      return fields.length > 0 ? [{ where: `/proc/${pid}/${file}`, fields }] : [];
    }),
  );
}

export interface SeenFile {
  readonly path: string;
  readonly mode: number;
  readonly fields: readonly string[];
}

/** Every file below a folder, with its mode and what is in it. */
export function filesBelow(folder: string, canary: Canary): SeenFile[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => {
      const path = join(entry.parentPath, entry.name);
      const mode = lstatSync(path, { throwIfNoEntry: false })?.mode ?? 0;
      return { path, mode: mode & 0o777, fields: canary.foundIn(contentOf(path)) };
    });
}

function contentOf(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch {
    return Buffer.alloc(0);
  }
}

/** What this Lodge is called on its host, and what QEMU it has. */
import { randomInt } from "node:crypto";
import { access } from "node:fs/promises";
import type { Store } from "#durable/store/store";

const hostKey = "host/identity";

/** The tag that this Lodge's bridges, taps and tables are named by; made once, then kept. */
export async function ensureTag(store: Store): Promise<string> {
  const known = await store.get(hostKey);
  if (known) return (known.value as { tag: string }).tag;
  const tag = Array.from({ length: 5 }, () => randomInt(36).toString(36)).join("");
  await store.transact({
    compare: [{ key: hostKey, revision: "absent" }],
    put: [{ key: hostKey, value: { tag } }],
  });
  return tag;
}

const ovmf = "/usr/share/OVMF";

/** The UEFI firmware of Debian's package ovmf; undefined where it is not installed. */
export async function findUefi() {
  const files = {
    code: `${ovmf}/OVMF_CODE_4M.fd`,
    secureCode: `${ovmf}/OVMF_CODE_4M.ms.fd`,
    vars: `${ovmf}/OVMF_VARS_4M.fd`,
    secureVars: `${ovmf}/OVMF_VARS_4M.ms.fd`,
  };
  const there = await Promise.all(
    Object.values(files).map((file) =>
      access(file).then(
        () => true,
        () => false,
      ),
    ),
  );
  return there.every(Boolean) ? files : undefined;
}

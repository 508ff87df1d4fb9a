/** A shared folder as it is asked for in one word: "/srv/code,name=code,at=/data,ro". */
import type { ShareAdd } from "#contract/schema/share";

export const shareForm = "FOLDER[,name=NAME][,at=PLACE][,ro]";

/** @throws RangeError */
export function parseShare(given: string): ShareAdd {
  const [path = "", ...parts] = given.split(",");
  if (path === "") throw new RangeError(`'${given}' names no folder; write ${shareForm}`);
  const wish: ShareAdd = { path };
  for (const part of parts) {
    const [key = "", value = ""] = part.split("=", 2);
    if (part === "ro") wish.readOnly = true;
    else if (key === "name" && value !== "") wish.name = value;
    else if (key === "at" && value !== "") wish.at = value;
    else throw new RangeError(`'${part}' is not known; write ${shareForm}`);
  }
  return wish;
}

/** `with-desktop.ts HOME`, in a host whose daemon does not run yet: its tiny image counts as one with a desktop. */
import { homePaths } from "#base/home";
import { openSqliteStore } from "#durable/store/sqlite";
import { asDesktop } from "../../vm/desktop/as-desktop.ts";

const [, , home = ""] = process.argv;
const store = await openSqliteStore(homePaths(home).store);
await asDesktop(store, "tiny");
await store.close();

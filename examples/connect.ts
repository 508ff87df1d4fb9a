/** How every example finds its Lodge: by LODGE_URL and LODGE_TOKEN, or by the socket of the Lodge on this host. */
import { join } from "node:path";
import { createClient, type Client } from "../src/client/client.ts";

export function connect(): Client {
  const { LODGE_URL: url, LODGE_TOKEN: token, LODGE_HOME: home = "/var/lib/lodge" } = process.env;
  return url === undefined
    ? createClient({ socketPath: join(home, "run/lodged.sock") })
    : createClient({ url, ...(token === undefined ? {} : { token }) });
}

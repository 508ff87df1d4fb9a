/** Asks members of a cluster whether this host is one of them still: etcd only hangs up on one that was taken out. */
import { hasCode } from "#contract/errors";
import { routes } from "#contract/routes";
import { wire, wireHeader } from "#contract/wire";
import type { PeerIdentity } from "./peers.ts";
import { answerError } from "./request.ts";
import { readAll } from "./transport.ts";

/** Milliseconds. */
const patience = 3_000;

/** Does any of those at these addresses ("HOST:PORT" of peer doors) say so? Those that do not answer say nothing. */
export async function isForgotten(addresses: readonly string[], identity: PeerIdentity): Promise<boolean> {
  const answers = await Promise.all(addresses.map((address) => ask(address, identity).catch(() => false)));
  return answers.includes(true);
}

function ask(address: string, { ca, cert, key }: PeerIdentity): Promise<boolean> {
  const { request } = process.getBuiltinModule("node:https");
  const { method, path } = routes.peerHello;
  return new Promise((resolve, reject) => {
    const outgoing = request(new URL(path, `https://${address}`), {
      ...{ method, ca, cert, key, agent: false, minVersion: "TLSv1.3" },
      // Whichever member it is: the authority alone counts.
      checkServerIdentity: () => undefined,
      headers: { [wireHeader]: String(wire) },
      signal: AbortSignal.timeout(patience),
    });
    outgoing.once("error", reject);
    outgoing.once("response", (response) => {
      const status = response.statusCode ?? 0;
      readAll(response).then((body) => {
        resolve(status >= 400 && hasCode(answerError(status, body, address), "cluster.not_a_member"));
      }, reject);
    });
    outgoing.end();
  });
}

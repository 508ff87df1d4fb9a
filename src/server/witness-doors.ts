/**
 * What a witness answers: on its own socket how the cluster is, at the door for the cluster's hosts who it is. All else is refused
 * with what it is. There is nothing to sign in to.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { LodgeError } from "#contract/errors";
import { routes } from "#contract/routes";
import type { Log } from "#base/log";
import type { ClusterView } from "#domain/cluster/view";
import { Front } from "./front.ts";
import { listenTcp, listenUnix, parseListen } from "./listen.ts";
import type { PeerTls } from "./peer-door.ts";
import { peerOf, type MemberDirectory } from "./peer-guard.ts";
import { toAnswer } from "./problem.ts";

export interface WitnessDoorsParts {
  readonly view: Pick<ClusterView, "status" | "hosts" | "hello">;
  readonly members: MemberDirectory;
  readonly log: Log;
}

export interface WitnessDoors {
  /** @throws LodgeError api.address_in_use */
  listenUnix(path: string): Promise<void>;
  /** @throws LodgeError api.address_refused, api.address_in_use */
  listenPeers(address: string, tls: PeerTls): Promise<void>;
  close(): Promise<void>;
}

/** Milliseconds that requests have to end. */
const grace = 1_000;

export function openWitnessDoors({ view, members, log }: WitnessDoorsParts): WitnessDoors {
  const answer = async (request: IncomingMessage): Promise<unknown> => {
    const { method, url = "" } = request;
    const asks = ({ path, method: its }: { readonly path: string; readonly method: string }) =>
      method === its && url === path;
    if (front.listenerOf(request).peer) {
      if (!peerOf(request, members)) throw new LodgeError("cluster.peers_only");
      if (asks(routes.peerHello)) return view.hello();
    } else if (asks(routes.clusterGet)) return view.status();
    else if (asks(routes.clusterHosts)) return { items: await view.hosts() };
    throw new LodgeError("cluster.witness");
  };
  const front = new Front({
    answer(request, response) {
      request.resume();
      answer(request).then(
        (found) => send(response, 200, "application/json", found),
        (error: unknown) => {
          const problem = toAnswer(error, request.url ?? "", "", log).toProblem();
          send(response, problem.status, "application/problem+json", problem);
        },
      );
    },
    upgrade: (_request, socket) => socket.destroy(),
    knows: () => false,
    log,
  });
  return {
    listenUnix: (path) => listenUnix(front.plain({ trusted: true, secure: false }), path),
    async listenPeers(address, tls) {
      await listenTcp(await front.peer(tls), parseListen(address));
    },
    close: () => front.close(grace),
  };
}

function send(response: ServerResponse, status: number, type: string, body: unknown): void {
  response.writeHead(status, { "content-type": type });
  response.end(JSON.stringify(body));
}

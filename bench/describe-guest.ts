/** Changes a guest as cheaply as can be: over a connection that is kept, by no client. */
import { request, type Agent } from "node:http";
import { guestRecord } from "../test/fakes/guest-records.ts";

export function describeGuest(
  agent: Agent,
  socketPath: string,
  index: number,
  description: string,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const path = `/v1/guests/${guestRecord(index).id}`;
    const headers = { "content-type": "application/json" };
    const asked = request({ socketPath, method: "PATCH", path, headers, agent }, (response) => {
      response.resume();
      response.on("end", () =>
        response.statusCode === 200 ? resolve() : reject(new TypeError(`status ${response.statusCode}`)),
      );
    });
    asked.on("error", reject);
    asked.end(JSON.stringify({ description }));
  });
}

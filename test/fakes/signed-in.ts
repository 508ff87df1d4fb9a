/** A daemon over fake services with an account of each role, asked over TCP as pages in browsers and programs ask. */
import { request as httpRequest, type IncomingHttpHeaders } from "node:http";
import { roles } from "#contract/access";
import { startFakeDaemon, type FakeDaemon } from "./fake-daemon.ts";

/** Of all accounts. */
export const password = "correct horse battery";

export interface Reply {
  readonly status: number;
  readonly code: unknown;
  readonly json: Record<string, unknown>;
  readonly headers: IncomingHttpHeaders;
}

export const cookieOf = ({ headers }: Reply): string => headers["set-cookie"]?.[0]?.split(";")[0] ?? "";

export class SignedIn {
  readonly daemon: FakeDaemon;
  readonly host: string;
  /** Where its own page comes from. */
  readonly own: string;
  /** A session's cookie of each role. */
  readonly cookies: Record<string, string> = {};

  private constructor(daemon: FakeDaemon, host: string) {
    this.daemon = daemon;
    this.host = host;
    this.own = `http://${host}`;
  }

  static async open(): Promise<SignedIn> {
    const daemon = await startFakeDaemon();
    const scene = new SignedIn(daemon, await daemon.listenTcp());
    const { access } = daemon.services;
    for (const role of [...roles].reverse()) await access.createUser({ name: role, role, password });
    for (const role of roles) scene.cookies[role] = cookieOf(await scene.signIn(role));
    return scene;
  }

  ask(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Reply> {
    const [address, port] = this.host.split(":");
    const json = body === undefined ? undefined : JSON.stringify(body);
    const type = json === undefined ? {} : { "content-type": "application/json" };
    const options = { host: address, port, method, path, headers: { ...type, ...headers }, agent: false };
    return new Promise((resolve, reject) => {
      const request = httpRequest(options, (response) => {
        let text = "";
        response.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
        response.on("end", () => {
          const parsed = /json/.test(response.headers["content-type"] ?? "")
            ? (JSON.parse(text) as Record<string, unknown>)
            : {};
          resolve({
            status: response.statusCode ?? 0,
            code: parsed["code"],
            json: parsed,
            headers: response.headers,
          });
        });
      });
      request.on("error", reject);
      request.end(json);
    });
  }

  /** As a browser on Lodge's own page sends it. */
  browser(cookie?: string): Record<string, string> {
    const { own: origin } = this;
    return { origin, "sec-fetch-site": "same-origin", ...(cookie === undefined ? {} : { cookie }) };
  }

  signIn(name: string): Promise<Reply> {
    return this.ask("POST", "/v1/session", { name, password }, this.browser());
  }

  close(): Promise<void> {
    return this.daemon.close();
  }
}

/** Who looks at the guest "mover" by its serial console, its display and a command's streams, all opened once. */
import type { Duplex } from "node:stream";
import type { RemoteCommand } from "#client/stream/exec";
import type { Cluster, Host } from "./cluster.ts";
import { DisplayViewer } from "./display-viewer.ts";
import { answered, rest } from "./row.ts";

export class OpenViewers implements AsyncDisposable {
  readonly #serial: Duplex;
  readonly #display: DisplayViewer;
  readonly #command: RemoteCommand;
  #heard = "";
  #echoed = "";
  readonly #over = new Set<string>();

  private constructor(serial: Duplex, display: DisplayViewer, command: RemoteCommand) {
    this.#serial = serial;
    this.#display = display;
    this.#command = command;
    // That one is lost is known by its end.
    serial.on("error", () => undefined).on("close", () => this.#over.add("console"));
    serial.on("data", (bytes: Buffer) => (this.#heard += bytes.toString()));
    for (const stream of [command.stdin, command.stdout, command.stderr]) stream.on("error", () => undefined);
    command.stderr.resume();
    command.stdout.on("data", (bytes: Buffer) => (this.#echoed += bytes.toString()));
    const ended = () => this.#over.add("exec");
    command.exit.then(ended, ended);
  }

  static async open(cluster: Cluster, host: Host): Promise<OpenViewers> {
    const { client } = host;
    const asked = { params: { guest: "mover" }, body: {} };
    const { ticket } = await client.call("guestDisplayTicket", asked);
    const display = `/v1/guests/mover/display?ticket=${ticket}`;
    return new OpenViewers(
      await client.console("mover"),
      await DisplayViewer.open(cluster.socket(host), display),
      await client.exec("mover", { argv: ["cat"] }),
    );
  }

  /** Which of them see nothing any more. */
  async lost(when: string): Promise<string[]> {
    const gone = new Set(this.#over);
    this.#serial.write(`echo ${when}-console\n`);
    if (!(await answered(() => this.#heard.split(`${when}-console`).length > 2))) gone.add("console");
    this.#command.stdin.write(`${when}-exec\n`);
    if (!(await answered(() => this.#echoed.includes(`${when}-exec`)))) gone.add("exec");
    if (!this.#display.isOpen || this.#display.frames === 0) gone.add("display");
    return [...gone];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#display.close();
    this.#serial.destroy();
    this.#command.stdin.end();
    await Promise.race([this.#command.exit.catch(() => undefined), rest(2000)]);
  }
}

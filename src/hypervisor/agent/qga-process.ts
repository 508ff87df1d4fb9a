import { LodgeError } from "#contract/errors";
import { withDeadline } from "./deadline.ts";
import { integer, parseObject, parseStatus, type QgaResult } from "./qga-answer.ts";
import type { QgaCall, QgaClient } from "./qga.ts";
import { longAnswer } from "./qga-socket.ts";

export interface QgaCommand {
  readonly argv: readonly string[];
  /** With these it gets no others but what root's commands usually have; without any, all of the agent's own. */
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** What is on its standard input; nothing where it is empty. */
  readonly input?: Uint8Array;
}

/** Milliseconds between two looks at a running command: at first, at most, and where nobody waits for it. */
const firstLook = 20;
const longestPause = 500;
const seldom = 10_000;
/** Milliseconds for a call that may carry 16 MiB each way, which the agent reads byte by byte. */
const bulkTimeout = 60_000;

const usual = {
  PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
  HOME: "/root",
  USER: "root",
  LOGNAME: "root",
};

/** A command in a guest. It cannot be ended from here; left alone it runs on. */
export class QgaProcess {
  /** The process in the guest. */
  readonly pid: number;
  /** @throws LodgeError agent.lost where the guest or its agent ended first, agent.unreachable */
  readonly ended: Promise<QgaResult>;
  #interesting = true;

  private constructor(qga: QgaClient, pid: number) {
    this.pid = pid;
    this.ended = this.#follow(qga);
    this.ended.catch(() => undefined);
  }

  /** @throws LodgeError agent.command_not_found */
  static async start(qga: QgaClient, command: QgaCommand, call: QgaCall = {}): Promise<QgaProcess> {
    const [path = "", ...arg] = command.argv;
    const { input } = command;
    const { env = {} } = command;
    const variables = Object.entries({ ...usual, ...env }).map((pair) => pair.join("="));
    const fields = {
      path,
      arg,
      ...(Object.keys(env).length > 0 ? { env: variables } : {}),
      ...(input && input.length > 0 ? { "input-data": Buffer.from(input).toString("base64") } : {}),
      "capture-output": true,
    };
    const pid = await qga.call("guest-exec", fields, {
      timeout: bulkTimeout,
      ...call,
      parse: (value) => integer(parseObject(value)["pid"]),
      refuse: (reason) => new LodgeError("agent.command_not_found", { command: path, reason: cause(reason) }),
    });
    return new QgaProcess(qga, pid);
  }

  /** Nobody waits for it any more. It is still asked after, as the agent keeps what it wrote until it is told. */
  abandon(): void {
    this.#interesting = false;
  }

  async #follow(qga: QgaClient): Promise<QgaResult> {
    const { guest } = qga;
    for (let pause = firstLook; ; pause = Math.min(pause * 1.5, longestPause)) {
      const result = await qga.call(
        "guest-exec-status",
        { pid: this.pid },
        {
          parse: parseStatus,
          timeout: bulkTimeout,
          longest: longAnswer,
          // An agent that knows nothing of it has started since.
          refuse: (detail) => new LodgeError("agent.lost", { guest }, { detail }),
        },
      );
      if (result) return result;
      await qga.clock.sleep(this.#interesting ? pause : seldom, qga.closed);
    }
  }
}

/**
 * Runs a command to its end. `timeout` is for the command (default 60,000; 0: no limit); one that takes
 * longer, or is aborted, runs on in the guest.
 *
 * @throws LodgeError agent.command_not_found, agent.command_timeout
 */
export async function runToEnd(qga: QgaClient, command: QgaCommand, call: QgaCall = {}): Promise<QgaResult> {
  const { signal, timeout = 60_000 } = call;
  const process = await QgaProcess.start(qga, command, { signal });
  const late = () =>
    new LodgeError("agent.command_timeout", {
      guest: qga.guest,
      command: command.argv[0] ?? "",
      seconds: timeout / 1000,
    });
  try {
    return await withDeadline(process.ended, { clock: qga.clock, timeout, signal, late });
  } finally {
    process.abandon();
  }
}

/** GLib's sentence, without what is said already: "Failed to execute child process “x” (No such file …)". */
const cause = (words: string): string => /\(([^()]+)\)'?$/.exec(words)?.[1] ?? words;

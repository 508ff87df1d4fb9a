/**
 * A command in a guest, for a client on the other end of a WebSocket.
 *
 * A client that vanishes is a terminal that hangs up: the command gets SIGHUP and the end of its input,
 * and some seconds to end by itself before the session is given up.
 */
import { LodgeError } from "#contract/errors";
import { stderr, stdout, type ExecStart } from "#contract/stream";
import type { ExecSession, GuestService } from "../services.ts";
import type { Channel } from "./channel.ts";

/** Milliseconds a command has to end after the hang-up. */
const grace = 5_000;

export async function serveExec(
  guests: Pick<GuestService, "exec">,
  guest: string,
  channel: Channel,
): Promise<void> {
  const start = await channel.first("ExecStart");
  checkArguments(start);
  channel.gone.throwIfAborted();
  const giveUp = new AbortController();
  const onGone = () => giveUp.abort(channel.gone.reason);
  channel.gone.addEventListener("abort", onGone, { once: true });
  const session = await guests.exec(guest, start, giveUp.signal);
  channel.gone.removeEventListener("abort", onGone);
  try {
    await Promise.race([serve(session, channel), whenGone(channel.gone)]);
  } catch (error) {
    await hangUp(session);
    throw error;
  } finally {
    giveUp.abort(new LodgeError("api.client_gone"));
  }
}

function checkArguments({ argv, tty }: ExecStart): void {
  if (argv.length > 0 || tty) return;
  const reason = "may be empty only with a terminal, for a shell";
  throw new LodgeError("api.invalid", { field: "argv", reason });
}

async function serve(session: ExecSession, channel: Channel): Promise<void> {
  // It may reject before it is waited for below.
  session.exit.catch(() => undefined);
  channel.onControl((frame) => {
    if (frame.type === "resize") session.resize(frame.rows, frame.cols);
    else session.kill(frame.signal);
  });
  channel.feed(session.stdin);
  await channel.send({ type: "started" });
  // What it wrote goes before how it ended, be that an error: both outputs end with the command, whatever ends it.
  await Promise.all([channel.pump(session.stdout, stdout), channel.pump(session.stderr, stderr)]);
  await channel.finish({ type: "exit", ...(await session.exit) });
}

async function hangUp(session: ExecSession): Promise<void> {
  session.kill("SIGHUP");
  session.stdin.end();
  session.stdout.destroy();
  session.stderr.destroy();
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, grace).unref();
    const ended = () => {
      clearTimeout(timer);
      resolve();
    };
    session.exit.then(ended, ended);
  });
}

const whenGone = (gone: AbortSignal): Promise<never> =>
  new Promise((_, reject) => {
    if (gone.aborted) reject(gone.reason as LodgeError);
    else gone.addEventListener("abort", () => reject(gone.reason as LodgeError), { once: true });
  });

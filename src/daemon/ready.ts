import { exec } from "#base/exec";

/**
 * Tells systemd that the daemon answers, where systemd started it and asked to be told (sd_notify(3)). By its
 * own program, since Node has no datagram sockets; the unit has NotifyAccess=all for that.
 *
 * @throws LodgeError host.command_missing, host.command_failed
 */
export async function tellReady(
  env: Readonly<Record<string, string | undefined>> = process.env,
): Promise<void> {
  const { NOTIFY_SOCKET } = env;
  if (NOTIFY_SOCKET === undefined) return;
  await exec("systemd-notify", ["--ready"], { env: { NOTIFY_SOCKET }, timeout: 10_000 });
}

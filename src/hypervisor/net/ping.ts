import { exec } from "#base/exec";
import { hasCode } from "#contract/errors";

/** Does this address answer a ping within a second? */
export async function reachable(address: string, signal?: AbortSignal): Promise<boolean> {
  try {
    await exec("ping", ["-n", "-q", "-c", "1", "-W", "1", address], {
      timeout: 3000,
      ...(signal ? { signal } : {}),
    });
    return true;
  } catch (error) {
    if (hasCode(error, "host.command_failed", "host.command_timeout")) return false;
    throw error;
  }
}

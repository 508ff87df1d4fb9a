/**
 * Imported first by a test, it moves the whole test into network and mount namespaces of its own, where it
 * may do with "the host" as it likes: nothing of it is seen outside, and nothing is left when it ends. Processes are
 * still everybody's, and a network's dnsmasq is found by its bridge's name: each file names Lodges by tags of its own.
 *
 * The process is replaced (execve), because a namespace belongs to a thread and Node has several.
 */
import { readlinkSync } from "node:fs";

const mark = "LODGE_TEST_NAMESPACE";

if (process.geteuid?.() === 0 && process.env[mark] === undefined) {
  // sysfs shows the network devices of the namespace that mounted it.
  const enter = 'mount -t sysfs sysfs /sys && ip link set lo up && exec "$@"';
  const script = process.argv.slice(1);
  process.execve!(
    "/usr/bin/unshare",
    [
      "unshare",
      "--net",
      "--mount",
      "sh",
      "-c",
      enter,
      "sh",
      process.execPath,
      ...process.execArgv,
      ...script,
    ],
    { ...process.env, [mark]: readlinkSync("/proc/self/ns/net") } as Record<string, string>,
  );
}

/** False where the test has to be skipped. */
export const inOwnNamespace =
  process.env[mark] !== undefined && process.env[mark] !== readlinkSync("/proc/self/ns/net");

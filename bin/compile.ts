/** Threads' own files. Outside of a thread they fail once they are loaded, which is all that is wanted. */
const threads = ["durable/store/sqlite-worker.ts", "hypervisor/qemu/branch/receive-worker.ts"];

/**
 * Loads what the daemon loads, also later or in threads, so that Node keeps all of it
 * compiled and without types (NODE_COMPILE_CACHE). What strips types goes with the process that calls this.
 */
export async function compile(): Promise<void> {
  await import("../src/daemon/run.ts");
  for (const file of threads) await import(`../src/${file}`).catch(() => undefined);
  await import("#hypervisor/image/tools");
  await import("./lodge-fence.ts");
}

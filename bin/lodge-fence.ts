/** Started by the daemon alone: lodge-fence SOCKET. */
import { guard } from "#hypervisor/fence/guard";
import { holdSteady } from "#hypervisor/fence/steady";

async function main([socket]: readonly string[]): Promise<number> {
  if (socket === undefined) {
    process.stderr.write("lodge-fence SOCKET: the daemon starts it when a guest is made highly available\n");
    return 2;
  }
  await guard({ socket, lacks: holdSteady() });
  return 0;
}

// Elsewhere it is loaded only so that Node keeps it compiled.
if (import.meta.main) process.exit(await main(process.argv.slice(2)));

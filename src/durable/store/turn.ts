/**
 * One after the other, over all hosts of a cluster: who has put the key has the turn, until he is done or his lease ends.
 * For what takes moments. The lease is no lock to rely on alone: what is done in a turn is still a transaction.
 */
import type { Clock } from "#base/clock";
import { hasCode } from "#contract/errors";
import type { Store } from "./store.ts";

/** Seconds after which the turn of a host that died goes on to the next. */
const lease = 10;
/** Milliseconds between two looks whether it is free. */
const lookEvery = 20;

export async function inTurn<T>(store: Store, key: string, clock: Clock, work: () => Promise<T>): Promise<T> {
  const own = await store.grantLease(lease);
  try {
    while (!(await takes(store, key, own))) {
      await clock.sleep(lookEvery);
      // Who waits for long waits on, and in his own right.
      await store.keepAlive(own);
    }
    return await work();
  } finally {
    // With it goes the key, where it is still his.
    await store.revokeLease(own).catch(() => undefined);
  }
}

async function takes(store: Store, key: string, own: string): Promise<boolean> {
  try {
    await store.transact({
      compare: [{ key, revision: "absent" }],
      put: [{ key, value: {}, lease: own }],
    });
    return true;
  } catch (error) {
    if (!hasCode(error, "store.conflict")) throw error;
    return false;
  }
}

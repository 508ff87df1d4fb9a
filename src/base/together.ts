/**
 * Waits for all tasks, also when one of them fails, and then throws the first failure: whoever cleans up
 * afterwards must not be overtaken by one that is still at work.
 */
export async function together<T>(tasks: readonly Promise<T>[]): Promise<T[]> {
  const outcomes = await Promise.allSettled(tasks);
  return outcomes.map((outcome) => {
    if (outcome.status === "rejected") throw outcome.reason;
    return outcome.value;
  });
}

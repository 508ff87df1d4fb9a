/** Resolves when this process is told to end. */
export const toldToEnd = (): Promise<"asked"> =>
  new Promise((resolve) => {
    for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => resolve("asked"));
  });

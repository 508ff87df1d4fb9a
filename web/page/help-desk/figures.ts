/** Milliseconds: who comes and goes is told, but not how far away viewers are, their frames, and when they pressed a key last. */
export const figuresEvery = 5_000;

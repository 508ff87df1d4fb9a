/** Milliseconds: how often desktops are asked for again while they are looked at. */
export const pollEvery = 5_000;

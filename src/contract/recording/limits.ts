/** How long and how large a recording may become: where nothing else is said, and at most. */

/** Bytes. All recordings that are kept are 20 GiB. */
export const usualBytes = 2 * 1024 ** 3;
export const mostBytes = 8 * 1024 ** 3;

export const usualSeconds = 12 * 3600;
export const mostSeconds = 7 * 24 * 3600;

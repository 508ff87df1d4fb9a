/** A number of things as people read it: "1 guest", "2 guests", "no guests". Every count in words comes from here. */
export const counted = (count: number, one: string, several = `${one}s`): string =>
  `${count === 0 ? "no" : count} ${count === 1 ? one : several}`;

/** Is this a screen that is touched, with no keyboard that is known of? */
export const isTouched = (): boolean => matchMedia("(pointer: coarse)").matches;

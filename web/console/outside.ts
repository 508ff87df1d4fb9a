/** By what a panel over the display is left: the viewer keeps all mouse events and touches to itself. */
export const outside = ["pointerdown"];

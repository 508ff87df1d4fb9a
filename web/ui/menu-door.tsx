/**
 * The button of a menu. The menu itself comes when somebody points at the button: the place where it opens is
 * found by a fair amount of code, which no page needs to be shown.
 */
import { cloneElement, Suspense, useState, type LazyExoticComponent, type ReactElement } from "react";
import type { Later } from "../later.ts";

interface ButtonProps {
  readonly onClick?: () => void;
  readonly onPointerEnter?: () => void;
  readonly onFocus?: () => void;
  readonly "aria-haspopup"?: "menu";
  readonly "aria-expanded"?: boolean;
}
export type MenuButton = ReactElement<ButtonProps>;

/** What a menu's own module is given; all else it is told by `props`. */
export interface MenuProps {
  readonly button: MenuButton;
}

interface MenuDoorProps<P extends object> {
  readonly menu: Later<(props: P & MenuProps) => ReactElement>;
  readonly props: P;
  readonly button: MenuButton;
}

export function MenuDoor<P extends object>({ menu, props, button }: MenuDoorProps<P>) {
  const [asked, setAsked] = useState(false);
  const closed = cloneElement(button, {
    "aria-haspopup": "menu",
    "aria-expanded": false,
    onPointerEnter: menu.ahead,
    onFocus: menu.ahead,
    onClick: () => setAsked(true),
  });
  if (!asked) return closed;
  const Part = menu.Part as unknown as LazyExoticComponent<(props: object) => ReactElement>;
  return (
    <Suspense fallback={closed}>
      <Part {...props} button={button} />
    </Suspense>
  );
}

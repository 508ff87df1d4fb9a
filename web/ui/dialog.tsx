/** Mantine's dialog, whose way out has a name in the reader's language, and which gives the keys back. */
import { Modal, type ModalProps } from "@mantine/core";
import { useEffect } from "react";
import { useText } from "../text/use-text.tsx";

/** Where the keys were before a menu or a dialog took them. Mantine remembers the menu's line, which is gone by then. */
let last: HTMLElement | undefined;
document.addEventListener("focusin", ({ target }) => {
  if (target instanceof HTMLElement && !target.closest("[role=menu], [role=dialog]")) last = target;
});

/** Milliseconds after which Mantine has given the keys to what it remembers, if that is still there. */
const mantines = 20;

function giveBack(): void {
  const held = document.activeElement;
  setTimeout(() => {
    const now = document.activeElement;
    if ((now === document.body || now === held) && last?.isConnected) last.focus({ preventScroll: true });
  }, mantines);
}

export function Dialog(props: ModalProps) {
  const text = useText();
  const { opened } = props;
  useEffect(() => (opened ? giveBack : undefined), [opened]);
  return <Modal closeButtonProps={{ "aria-label": text.common.close }} {...props} />;
}

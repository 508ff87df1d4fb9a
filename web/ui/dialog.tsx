/** Mantine's dialog, whose way out has a name in the reader's language. */
import { Modal, type ModalProps } from "@mantine/core";
import { useText } from "../text/use-text.tsx";

export function Dialog(props: ModalProps) {
  const text = useText();
  return <Modal closeButtonProps={{ "aria-label": text.common.close }} {...props} />;
}

/** Keys: g and a letter goes to a page, c makes a guest, / filters, ? lists them all. */
import { useDisclosure } from "@mantine/hooks";
import { Suspense, useEffect, useRef } from "react";
import { useNavigate } from "react-router";
import { later } from "../later.ts";
import { usePages } from "./pages.ts";

const { Part: KeyList } = later(async () => (await import("./key-list.tsx")).KeyList);

/** The field that / leads to. */
export const filterId = "filter";
/** Milliseconds in which the second key has to follow. */
const patience = 1200;

const writes = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement &&
  (target.isContentEditable ||
    target.closest("input, textarea, select, [role=dialog], [role=menu], [data-keys]") !== null);

export function Shortcuts() {
  const navigate = useNavigate();
  const [opened, list] = useDisclosure();
  const going = useRef(0);
  const allPages = usePages().flatMap(({ pages }) => pages);
  useEffect(() => {
    function onKey(event: KeyboardEvent): void {
      if (event.ctrlKey || event.metaKey || event.altKey || writes(event.target)) return;
      const went = performance.now() - going.current < patience;
      going.current = 0;
      const page = went ? allPages.find(({ key }) => key === event.key) : undefined;
      const filter = document.getElementById(filterId);
      if (page) void navigate(page.path);
      else if (event.key === "g") going.current = performance.now();
      else if (event.key === "c") void navigate("/guests/new");
      else if (event.key === "?") list.open();
      else if (event.key === "/" && filter) filter.focus();
      else return;
      event.preventDefault();
    }
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  });
  if (!opened) return null;
  return (
    <Suspense>
      <KeyList close={list.close} />
    </Suspense>
  );
}

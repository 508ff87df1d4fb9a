/** Files that are dropped onto a display: one after the other, each with how far it is. */
import { useCallback, useRef, useState, type DragEvent } from "react";
import type { LodgeError } from "#contract/errors";
import { errorOf } from "../data/api.ts";
import { dropFile, type DropAdmission } from "./drop-file.ts";

export interface Dropped {
  readonly id: number;
  readonly name: string;
  readonly size: number;
  readonly sent: number;
  readonly state: "waiting" | "going" | "there" | "failed";
  /** Where it lies, where that is known. */
  readonly folder?: string | undefined;
  readonly error?: LodgeError;
}

export interface FileDrop {
  readonly files: readonly Dropped[];
  /** Files are held over the display. */
  readonly over: boolean;
  /** What the display's element listens to. */
  readonly events: {
    onDragOver(event: DragEvent): void;
    onDragLeave(): void;
    onDrop(event: DragEvent): void;
  };
  /** Sends files that were chosen otherwise. */
  add(files: Iterable<File>): void;
  /** Gives it up, or takes it off the list. */
  remove(id: number): void;
}

const hasFiles = ({ dataTransfer }: DragEvent): boolean => dataTransfer.types.includes("Files");

export function useFileDrop(admit: () => Promise<DropAdmission>, enabled: boolean): FileDrop {
  const [files, setFiles] = useState<readonly Dropped[]>([]);
  const [over, setOver] = useState(false);
  const queue = useRef(Promise.resolve());
  const cancels = useRef(new Map<number, AbortController>());
  const change = useCallback((id: number, part: Partial<Dropped>) => {
    setFiles((known) => known.map((each) => (each.id === id ? { ...each, ...part } : each)));
  }, []);
  const send = async (id: number, file: File, signal: AbortSignal) => {
    if (signal.aborted) return;
    change(id, { state: "going" });
    try {
      const progress = (sent: number) => change(id, { sent });
      change(id, { state: "there", folder: await dropFile({ ...(await admit()), file, signal, progress }) });
    } catch (error) {
      if (!signal.aborted) change(id, { state: "failed", error: errorOf(error) });
    }
  };
  const add = (file: File) => {
    const id = nextId++;
    const cancel = new AbortController();
    cancels.current.set(id, cancel);
    setFiles((known) => [...known, { id, name: file.name, size: file.size, sent: 0, state: "waiting" }]);
    queue.current = queue.current.then(() => send(id, file, cancel.signal));
  };
  return {
    files,
    over,
    events: {
      onDragOver(event) {
        if (!hasFiles(event)) return;
        event.preventDefault();
        event.dataTransfer.dropEffect = enabled ? "copy" : "none";
        setOver(enabled);
      },
      onDragLeave: () => setOver(false),
      onDrop(event) {
        if (!hasFiles(event)) return;
        // Else the browser would open it in the place of this page.
        event.preventDefault();
        setOver(false);
        if (enabled) for (const file of event.dataTransfer.files) add(file);
      },
    },
    add(chosen) {
      for (const file of chosen) add(file);
    },
    remove(id) {
      cancels.current.get(id)?.abort();
      cancels.current.delete(id);
      setFiles((known) => known.filter((each) => each.id !== id));
    },
  };
}

let nextId = 1;

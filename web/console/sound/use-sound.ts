/** Whether a guest is heard, and what begins and ends that. */
import { useEffect, useRef, useState } from "react";
import { tellFailure } from "../../ui/notify.ts";
import { openSound, type SoundLine, type SoundOptions } from "./sound-line.ts";

export interface Sound {
  readonly heard: boolean;
  toggle(): void;
}

export function useSound(admit: SoundOptions["admit"]): Sound {
  const line = useRef<SoundLine>(undefined);
  const [heard, setHeard] = useState(false);
  useEffect(() => () => line.current?.close(), []);
  const silence = () => {
    line.current?.close();
    line.current = undefined;
    setHeard(false);
  };
  const listen = () => {
    setHeard(true);
    line.current = openSound({
      admit,
      over(error) {
        silence();
        tellFailure(error);
      },
    });
  };
  return { heard, toggle: heard ? silence : listen };
}

/** What somebody does with his desktop besides looking at it. */
import { useNavigate } from "react-router";
import { call, errorOf } from "../../data/api.ts";
import { forgetFrame } from "../../data/last-frame.ts";
import { useLeave } from "../../data/session.tsx";
import { tellFailure } from "../../ui/notify.ts";

export interface DesktopActions {
  /** It goes on without anybody who watches. */
  leave(): void;
  signOff(): Promise<void>;
  restart(): Promise<void>;
  reset(): Promise<void>;
  /** Out of Lodge. */
  signOut(): void;
}

interface Whose {
  readonly pool: string;
  readonly user: string;
  readonly kiosk: boolean;
}

export function useActions({ pool, user, kiosk }: Whose): DesktopActions {
  const navigate = useNavigate();
  const leave = useLeave();
  const params = { offer: pool };
  const tried = async (work: () => Promise<unknown>) => {
    try {
      await work();
    } catch (error) {
      tellFailure(errorOf(error));
    }
  };
  // The next one at this screen signs in at this very address.
  const signOut = () => void tried(() => leave(location.pathname + location.search));
  return {
    leave: () => void navigate("/desktops"),
    signOut,
    signOff: () =>
      tried(async () => {
        await call("myDesktopSignOff", { params });
        forgetFrame(user, pool);
        if (kiosk) signOut();
        else await navigate("/desktops", { state: { signedOff: pool } });
      }),
    restart: () => tried(() => call("myDesktopRestart", { params })),
    reset: () =>
      tried(async () => {
        await call("myDesktopReset", { params });
        forgetFrame(user, pool);
      }),
  };
}

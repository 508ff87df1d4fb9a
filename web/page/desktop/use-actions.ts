/** What somebody does with his desktop besides looking at it. */
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useNavigate } from "react-router";
import type { Schemas } from "#contract/schemas";
import { call, errorOf } from "../../data/api.ts";
import { forgetFrame } from "../../data/last-frame.ts";
import { keyOf } from "../../data/query.ts";
import { useLeave } from "../../data/session.tsx";
import { tellFailure } from "../../ui/notify.ts";

export interface DesktopActions {
  /** It goes on without anybody who watches. */
  leave(): void;
  /** Signing off is under way. */
  readonly ending: boolean;
  signOff(): Promise<boolean>;
  restart(): Promise<boolean>;
  reset(): Promise<boolean>;
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
  const queries = useQueryClient();
  const list = keyOf("myDesktopList");
  const [ending, setEnding] = useState(false);
  const params = { offer: pool };
  const tried = async (work: () => Promise<unknown>): Promise<boolean> => {
    try {
      await work();
      return true;
    } catch (error) {
      tellFailure(errorOf(error));
      return false;
    }
  };
  // The next one at this screen signs in at this very address.
  const leaveLodge = () => leave(location.pathname + location.search);
  return {
    leave() {
      // The list would say for a while that it is open elsewhere: here, where he just came from.
      queries.setQueryData<Schemas["DesktopOffer"][]>(list, (offers) =>
        offers?.map((offer) =>
          offer.pool === pool || offer.id === pool ? { ...offer, connected: false } : offer,
        ),
      );
      void navigate("/desktops");
    },
    signOut: () => void tried(leaveLodge),
    ending,
    async signOff() {
      setEnding(true);
      const done = await tried(async () => {
        await call("myDesktopSignOff", { params });
        forgetFrame(user, pool);
        if (kiosk) return leaveLodge();
        // The list that comes now does not offer what has just ended.
        await queries.invalidateQueries({ queryKey: list });
        return navigate("/desktops", { state: { signedOff: pool } });
      });
      if (!done) setEnding(false);
      return done;
    },
    restart: () => tried(() => call("myDesktopRestart", { params })),
    reset: () =>
      tried(async () => {
        await call("myDesktopReset", { params });
        forgetFrame(user, pool);
      }),
  };
}

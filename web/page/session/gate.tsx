/** Lets in who is signed in; asks everybody else to. The address stays, so that a deep link leads there after. */
import { Suspense, type ReactNode } from "react";
import { hasCode } from "#contract/errors";
import { useSession } from "../../data/session.tsx";
import { later } from "../../later.ts";
import { Failure } from "../../ui/failure.tsx";
import { SessionCard } from "./card.tsx";

/** Who is signed in already does not wait for it. */
const { Part: SignIn } = later(async () => (await import("./sign-in.tsx")).SignIn);

export function Gate({ children }: { readonly children: ReactNode }) {
  const { data, error, refetch } = useSession();
  if (error && hasCode(error, "api.unauthorized")) {
    return (
      <Suspense>
        <SignIn />
      </Suspense>
    );
  }
  if (error && !data) {
    return (
      <SessionCard title="Lodge">
        <Failure error={error} retry={() => void refetch()} />
      </SessionCard>
    );
  }
  return data ? children : null;
}

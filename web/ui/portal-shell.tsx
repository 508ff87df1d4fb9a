/** The frame for whoever has desktops and no role: who is signed in, and the way out. */
import { Button } from "@mantine/core";
import type { ReactNode } from "react";
import { Link } from "react-router";
import { highestRole } from "#contract/access";
import { useSession } from "../data/session.tsx";
import { useText } from "../text/use-text.tsx";
import { Account } from "./account.tsx";
import { Look } from "./look.tsx";
import style from "./portal-shell.module.css";
import { scrollerId } from "./table-row.tsx";

export function PortalShell({ children }: { readonly children: ReactNode }) {
  const text = useText();
  const { data } = useSession();
  const manages = data !== undefined && highestRole(data) !== "none";
  return (
    <div className={style["portal"]}>
      <header className={style["head"]}>
        <Link to="/desktops" className={style["brand"] ?? ""}>
          <img src="/icon.svg" alt="" />
          Lodge
        </Link>
        {manages && (
          <Button component={Link} to="/overview" variant="subtle" color="gray" size="compact-sm">
            {text.desktops.manage}
          </Button>
        )}
        <Look className={style["look"] ?? ""}>
          <Account />
        </Look>
      </header>
      <main id={scrollerId} tabIndex={-1}>
        {children}
      </main>
    </div>
  );
}

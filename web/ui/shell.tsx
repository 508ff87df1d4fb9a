/** The frame: navigation at the side, on a phone behind a button, and the page in what scrolls. */
import { ActionIcon } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconMenu2, IconSearch } from "@tabler/icons-react";
import { Suspense, useEffect, type ReactNode } from "react";
import { NavLink, useLocation } from "react-router";
import { useLineState } from "../data/connection.tsx";
import { useRunning } from "../data/operations.ts";
import { later } from "../later.ts";
import { useText } from "../text/use-text.tsx";
import { Account } from "./account.tsx";
import { Look } from "./look.tsx";
import { usePages } from "./pages.ts";
import { ProjectSwitch } from "./project-switch.tsx";
import { openPalette } from "./palette-door.tsx";
import style from "./shell.module.css";
import { scrollerId } from "./table-row.tsx";

/** Only where there is no room for the navigation at the side. */
const { Part: SideDrawer } = later(async () => (await import("./side-drawer.tsx")).SideDrawer);

export function Shell({ children }: { readonly children: ReactNode }) {
  const text = useText();
  const [opened, drawer] = useDisclosure();
  const { pathname } = useLocation();
  useEffect(() => {
    drawer.close();
    document.getElementById(scrollerId)?.scrollTo(0, 0);
    // The page's own place is what a new one begins with.
    // oxlint-disable-next-line react-hooks/exhaustive-deps
  }, [pathname]);
  return (
    <div className={style["shell"]}>
      <a className={style["skip"]} href={`#${scrollerId}`}>
        {text.nav.skip}
      </a>
      <nav className={style["side"]} aria-label={text.nav.label}>
        <Navigation />
      </nav>
      <div className={style["body"]}>
        <nav className={style["top"]} aria-label={text.nav.bar}>
          <ActionIcon
            variant="subtle"
            color="gray"
            size="lg"
            aria-label={text.nav.open}
            onClick={drawer.open}
          >
            <IconMenu2 size={20} />
          </ActionIcon>
          <Brand />
          <ActionIcon
            variant="subtle"
            color="gray"
            size="lg"
            aria-label={text.palette.open}
            onClick={openPalette}
          >
            <IconSearch size={18} />
          </ActionIcon>
        </nav>
        <Away />
        <main id={scrollerId} className={style["content"]} tabIndex={-1}>
          {children}
        </main>
      </div>
      {opened && (
        <Suspense>
          <SideDrawer close={drawer.close}>
            <nav className={`${style["side"]} ${style["drawer"]}`} aria-label={text.nav.label}>
              <Navigation />
            </nav>
          </SideDrawer>
        </Suspense>
      )}
    </div>
  );
}

const Brand = () => (
  <div className={style["brand"]}>
    <img src="/icon.svg" alt="" />
    Lodge
  </div>
);

function Away() {
  const state = useLineState();
  const text = useText();
  return <div role="status">{state === "waiting" && <p className={style["away"]}>{text.shell.away}</p>}</div>;
}

function Navigation() {
  const text = useText();
  const running = useRunning();
  return (
    <>
      <Brand />
      <ProjectSwitch />
      <button type="button" className={style["search"]} onClick={openPalette}>
        <IconSearch size={14} />
        <span>{text.palette.open}</span>
        <kbd>Ctrl K</kbd>
      </button>
      {usePages().map(({ section, pages }) => (
        <div key={section ?? ""}>
          {section && <p className={style["groupName"]}>{text.nav.sections[section]}</p>}
          <ul className={style["group"]}>
            {pages.map(({ path, name, icon: Icon }) => (
              <li key={path}>
                <NavLink to={path} className={style["link"] ?? ""}>
                  <Icon size={16} stroke={1.7} />
                  {text.nav[name]}
                  {name === "operations" && running.length > 0 && (
                    <span className={`number ${style["count"]}`} title={text.shell.running(running.length)}>
                      {running.length}
                    </span>
                  )}
                </NavLink>
              </li>
            ))}
          </ul>
        </div>
      ))}
      <Look className={style["foot"] ?? ""}>
        <Account />
      </Look>
    </>
  );
}

/** Which page is where. Each page's code comes when it is first opened; the guests' with the first load. */
import { Suspense, useEffect, type ComponentType } from "react";
import { Navigate, Outlet, Route, Routes, useLocation } from "react-router";
import { highestRole } from "#contract/access";
import { ConnectionProvider } from "./data/connection.tsx";
import { useSession } from "./data/session.tsx";
import { later, whenIdle } from "./later.ts";
import { desktopPage } from "./page/desktop/pages.ts";
import { GuestList } from "./page/guest/list.tsx";
import { Gate } from "./page/session/gate.tsx";
import { Lost, Unbroken } from "./ui/lost.tsx";
import { palette, PaletteDoor } from "./ui/palette-door.tsx";
import { Shell } from "./ui/shell.tsx";
import { Shortcuts } from "./ui/shortcuts.tsx";

interface PageRoute {
  readonly path: string;
  readonly lazy: () => Promise<{ readonly Component: ComponentType }>;
}

const routes: readonly PageRoute[] = [
  {
    path: "guests/new",
    lazy: async () => ({ Component: (await import("./page/guest/create.tsx")).GuestCreate }),
  },
  {
    path: "guests/:guest/:tab?",
    lazy: async () => ({ Component: (await import("./page/guest/show.tsx")).GuestShow }),
  },
  {
    path: "desktop-pools",
    lazy: async () => ({ Component: (await import("./page/desktop-pool/list.tsx")).DesktopPoolList }),
  },
  {
    path: "desktop-pools/:desktopPool",
    lazy: async () => ({ Component: (await import("./page/desktop-pool/show.tsx")).DesktopPoolShow }),
  },
  {
    path: "help-desk",
    lazy: async () => ({ Component: (await import("./page/help-desk/list.tsx")).HelpDesk }),
  },
  {
    path: "operations",
    lazy: async () => ({ Component: (await import("./page/operation/list.tsx")).OperationList }),
  },
  {
    path: "images",
    lazy: async () => ({ Component: (await import("./page/image/list.tsx")).ImageList }),
  },
  {
    path: "overview",
    lazy: async () => ({ Component: (await import("./page/overview/show.tsx")).Overview }),
  },
  {
    path: "templates",
    lazy: async () => ({ Component: (await import("./page/template/list.tsx")).TemplateList }),
  },
  {
    path: "volumes",
    lazy: async () => ({ Component: (await import("./page/volume/list.tsx")).VolumeList }),
  },
  {
    path: "networks",
    lazy: async () => ({ Component: (await import("./page/network/list.tsx")).NetworkList }),
  },
  {
    path: "networks/:network",
    lazy: async () => ({ Component: (await import("./page/network/show.tsx")).NetworkShow }),
  },
  {
    path: "firewalls",
    lazy: async () => ({ Component: (await import("./page/firewall/list.tsx")).FirewallList }),
  },
  {
    path: "firewalls/:firewall",
    lazy: async () => ({ Component: (await import("./page/firewall/show.tsx")).FirewallShow }),
  },
  {
    path: "recordings",
    lazy: async () => ({ Component: (await import("./page/recording/list.tsx")).RecordingList }),
  },
  {
    path: "recordings/:recording",
    lazy: async () => ({ Component: (await import("./page/recording/show.tsx")).RecordingShow }),
  },
  {
    path: "hosts",
    lazy: async () => ({ Component: (await import("./page/host/list.tsx")).HostList }),
  },
  {
    path: "hosts/:host",
    lazy: async () => ({ Component: (await import("./page/host/show.tsx")).HostShow }),
  },
  {
    path: "storage",
    lazy: async () => ({ Component: (await import("./page/storage/list.tsx")).StorageList }),
  },
  {
    path: "providers",
    lazy: async () => ({ Component: (await import("./page/provider/list.tsx")).ProviderList }),
  },
  {
    path: "outbound",
    lazy: async () => ({ Component: (await import("./page/outbound/show.tsx")).Outbound }),
  },
  {
    path: "users",
    lazy: async () => ({ Component: (await import("./page/user/list.tsx")).UserList }),
  },
  {
    path: "tokens",
    lazy: async () => ({ Component: (await import("./page/token/list.tsx")).TokenList }),
  },
  {
    path: "webhooks",
    lazy: async () => ({ Component: (await import("./page/webhook/list.tsx")).WebhookList }),
  },
  {
    path: "webhooks/:webhook",
    lazy: async () => ({ Component: (await import("./page/webhook/show.tsx")).WebhookShow }),
  },
  {
    path: "projects",
    lazy: async () => ({ Component: (await import("./page/project/list.tsx")).ProjectList }),
  },
  {
    path: "audit",
    lazy: async () => ({ Component: (await import("./page/audit/list.tsx")).AuditList }),
  },
  {
    path: "settings",
    lazy: async () => ({ Component: (await import("./page/setting/show.tsx")).Settings }),
  },
];

const pages = routes.map(({ path, lazy }) => ({ path, page: later(async () => (await lazy()).Component) }));
const { Part: Welcome } = later(async () => (await import("./page/session/welcome.tsx")).Welcome);

const { Part: PortalShell } = later(async () => (await import("./ui/portal-shell.tsx")).PortalShell);
const { Part: DesktopList } = later(async () => (await import("./page/desktop/list.tsx")).DesktopList);
const { Part: Shadow } = later(async () => (await import("./page/help-desk/shadow.tsx")).Shadow);

/** What is opened next, most of the time. */
const soon = pages.filter(({ path }) => path.startsWith("guests/") || path === "overview");

/** Everything but the sign-in is for who is signed in; the feed is open as long. */
function Frame() {
  return (
    <Gate>
      <Inside />
    </Gate>
  );
}

/** Besides desktops: the pages about one's own account. */
const forEverybody: ReadonlySet<string> = new Set(["/settings", "/tokens"]);

/** Whoever has no role anywhere has desktops, and an account to look after. */
function Inside() {
  const { data } = useSession();
  const { pathname } = useLocation();
  if (!data || highestRole(data) !== "none") return <Management />;
  if (!forEverybody.has(pathname)) return <Navigate to="/desktops" replace />;
  return (
    <PortalShell>
      <Outlet />
    </PortalShell>
  );
}

function Management() {
  useEffect(() => whenIdle([...soon.map(({ page }) => page), palette]), []);
  return (
    <ConnectionProvider>
      <Shell>
        {/* A page whose code is under way: the one before it stays as long; at first, a blank is calmer than a flicker. */}
        <Suspense>
          <Unbroken>
            <Outlet />
          </Unbroken>
        </Suspense>
        <PaletteDoor />
        <Shortcuts />
      </Shell>
    </ConnectionProvider>
  );
}

// Whoever follows a link to a desktop does not wait for its code after he was asked who he is.
if (location.pathname.startsWith("/desktops/")) desktopPage.ahead();

const portal = (
  <PortalShell>
    <DesktopList />
  </PortalShell>
);
/** In the whole window, and so without a frame. */
const desktop = <desktopPage.Part />;
const shadow = <Shadow />;

export function Pages() {
  return (
    <Unbroken>
      <Suspense>
        <Routes>
          <Route path="/welcome" element={<Welcome />} />
          <Route path="/desktops" element={<Gate>{portal}</Gate>} />
          <Route path="/desktops/:pool" element={<Gate>{desktop}</Gate>} />
          <Route path="/help-desk/:desktop" element={<Gate>{shadow}</Gate>} />
          <Route path="/" element={<Frame />}>
            <Route index element={<Navigate to="/guests" replace />} />
            <Route path="host" element={<Navigate to="/hosts" replace />} />
            <Route path="guests" element={<GuestList />} />
            {pages.map(({ path, page: { Part } }) => (
              <Route key={path} path={path} element={<Part />} />
            ))}
            <Route path="*" element={<Lost />} />
          </Route>
        </Routes>
      </Suspense>
    </Unbroken>
  );
}

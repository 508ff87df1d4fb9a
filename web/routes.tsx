/** Which page is where. Each page's code comes when it is first opened; the guests' with the first load. */
import { createBrowserRouter, Navigate, Outlet } from "react-router";
import { ConnectionProvider } from "./data/connection.tsx";
import { GuestList } from "./page/guest/list.tsx";
import { Gate } from "./page/session/gate.tsx";
import { Lost, Broken } from "./ui/lost.tsx";
import { PaletteDoor } from "./ui/palette-door.tsx";
import { Shell } from "./ui/shell.tsx";
import { Shortcuts } from "./ui/shortcuts.tsx";

/** Everything but the sign-in is for who is signed in; the feed is open as long. */
function Frame() {
  return (
    <Gate>
      <ConnectionProvider>
        <Shell>
          <Outlet />
          <PaletteDoor />
          <Shortcuts />
        </Shell>
      </ConnectionProvider>
    </Gate>
  );
}

/** A page whose code is under way: soon there, and a blank is calmer than a flicker. */
const HydrateFallback = () => null;

export const router = createBrowserRouter([
  {
    path: "/welcome",
    HydrateFallback,
    errorElement: <Broken />,
    lazy: async () => ({ Component: (await import("./page/session/welcome.tsx")).Welcome }),
  },
  {
    path: "/",
    element: <Frame />,
    HydrateFallback,
    errorElement: <Broken />,
    children: [
      {
        errorElement: <Broken />,
        children: [
          { index: true, element: <Navigate to="/guests" replace /> },
          { path: "guests", element: <GuestList /> },
          {
            path: "guests/new",
            lazy: async () => ({ Component: (await import("./page/guest/create.tsx")).GuestCreate }),
          },
          {
            path: "guests/:guest/:tab?",
            lazy: async () => ({ Component: (await import("./page/guest/show.tsx")).GuestShow }),
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
            path: "networks",
            lazy: async () => ({ Component: (await import("./page/network/list.tsx")).NetworkList }),
          },
          {
            path: "host",
            lazy: async () => ({ Component: (await import("./page/host/show.tsx")).HostShow }),
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
            path: "audit",
            lazy: async () => ({ Component: (await import("./page/audit/list.tsx")).AuditList }),
          },
          {
            path: "settings",
            lazy: async () => ({ Component: (await import("./page/setting/show.tsx")).Settings }),
          },
          { path: "*", element: <Lost /> },
        ],
      },
    ],
  },
]);

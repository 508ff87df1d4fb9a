/** The pages there are, for the navigation, the palette and the shortcuts. */
import {
  IconArrowUpRight,
  IconBox,
  IconBolt,
  IconChecklist,
  IconDatabase,
  IconDeviceDesktop,
  IconDevices,
  IconDisc,
  IconFolders,
  IconGauge,
  IconHeadset,
  IconHistory,
  IconKey,
  IconLayoutGrid,
  IconLogin2,
  IconNetwork,
  IconServer2,
  IconSettings,
  IconUsers,
  IconShield,
  IconWebhook,
  IconVideo,
  type Icon,
} from "@tabler/icons-react";
import { allows, highestRole, type Role } from "#contract/access";
import { useSession } from "../data/session.tsx";
import type { Messages } from "../text/en.ts";

export interface PageEntry {
  readonly path: string;
  readonly name: keyof Messages["nav"] & PageName;
  readonly icon: Icon;
  /** Pressed after g: "g", "o". */
  readonly key?: string;
  readonly needs?: Role;
  /** The role has to be one that counts everywhere. */
  readonly host?: true;
}

type PageName =
  | "overview"
  | "guests"
  | "desktops"
  | "desktopPools"
  | "helpDesk"
  | "images"
  | "templates"
  | "volumes"
  | "networks"
  | "firewalls"
  | "operations"
  | "recordings"
  | "hosts"
  | "storage"
  | "providers"
  | "outbound"
  | "projects"
  | "users"
  | "tokens"
  | "webhooks"
  | "audit"
  | "settings";

export interface PageGroup {
  readonly section?: keyof Messages["nav"]["sections"];
  readonly pages: readonly PageEntry[];
}

const pageGroups: readonly PageGroup[] = [
  {
    pages: [
      { path: "/overview", name: "overview", icon: IconGauge, key: "v" },
      { path: "/guests", name: "guests", icon: IconDeviceDesktop, key: "g" },
      { path: "/desktops", name: "desktops", icon: IconLayoutGrid, key: "e" },
    ],
  },
  {
    section: "run",
    pages: [
      { path: "/desktop-pools", name: "desktopPools", icon: IconDevices, key: "l" },
      { path: "/images", name: "images", icon: IconBox, key: "i" },
      { path: "/templates", name: "templates", icon: IconBolt, key: "t" },
      { path: "/volumes", name: "volumes", icon: IconDisc, key: "m" },
      { path: "/networks", name: "networks", icon: IconNetwork, key: "n" },
      { path: "/firewalls", name: "firewalls", icon: IconShield, key: "f" },
    ],
  },
  {
    section: "watch",
    pages: [
      { path: "/operations", name: "operations", icon: IconChecklist, key: "o" },
      { path: "/help-desk", name: "helpDesk", icon: IconHeadset, key: "y" },
      { path: "/recordings", name: "recordings", icon: IconVideo, key: "r" },
      { path: "/storage", name: "storage", icon: IconDatabase, key: "d", needs: "viewer", host: true },
      { path: "/hosts", name: "hosts", icon: IconServer2, key: "h", needs: "viewer", host: true },
    ],
  },
  {
    section: "access",
    pages: [
      { path: "/projects", name: "projects", icon: IconFolders, key: "j" },
      { path: "/users", name: "users", icon: IconUsers, key: "u", needs: "admin", host: true },
      { path: "/providers", name: "providers", icon: IconLogin2, key: "p", needs: "admin", host: true },
      { path: "/tokens", name: "tokens", icon: IconKey, key: "k" },
      { path: "/outbound", name: "outbound", icon: IconArrowUpRight, key: "b", needs: "admin", host: true },
      { path: "/webhooks", name: "webhooks", icon: IconWebhook, key: "w", needs: "admin", host: true },
      { path: "/audit", name: "audit", icon: IconHistory, key: "a", needs: "admin" },
      { path: "/settings", name: "settings", icon: IconSettings, key: "s" },
    ],
  },
];

/** Those that whoever is signed in may open. */
export function usePages(): readonly PageGroup[] {
  const { data } = useSession();
  const most = data && highestRole(data);
  const may = ({ needs, host }: PageEntry) => needs === undefined || allows(host ? data?.role : most, needs);
  return pageGroups.map((group) => ({ ...group, pages: group.pages.filter(may) }));
}

/** Deutsch, alle Seiten und Dialoge, die nach dem ersten Laden kommen. */
import { clusterText } from "./cluster.ts";
import { consoleText } from "./console.ts";
import { desktopText } from "./desktop.ts";
import { desktopPoolText } from "./desktop-pool.ts";
import { fenceText } from "./fence.ts";
import { firewallText } from "./firewall.ts";
import { guestText } from "./guest.ts";
import { hostText } from "./host.ts";
import { imageText } from "./image.ts";
import { networkText } from "./network.ts";
import { projectText } from "./project.ts";
import { recordingText } from "./recording.ts";
import { resourceText } from "./resource.ts";
import { deviceText } from "./device.ts";
import { shareText } from "./share.ts";
import { volumeText } from "./volume.ts";
import { watchText } from "./watch.ts";
import { webhookText } from "./webhook.ts";

export const rest = {
  ...guestText,
  ...firewallText,
  ...imageText,
  ...hostText,
  ...networkText,
  ...projectText,
  ...recordingText,
  ...resourceText,
  ...shareText,
  ...deviceText,
  ...volumeText,
  ...watchText,
  ...webhookText,
  ...consoleText,
  ...clusterText,
  ...fenceText,
  ...desktopText,
  ...desktopPoolText,
};

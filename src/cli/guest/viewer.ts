import type { Socket } from "node:net";
import { LodgeError } from "#contract/errors";
import { command, flag } from "../command.ts";
import type { Context } from "../context.ts";
import { carry } from "../tunnel/carry.ts";
import { reachOf, reachOption, type Reach } from "../tunnel/reach.ts";
import { openProgram } from "../tunnel/programs.ts";
import { gateOptions, placeOf, serveGate } from "../tunnel/serve.ts";
import { tellsUsers } from "../tunnel/same-user.ts";
import { askPassword, enterDisplay, newVncPassword } from "../tunnel/vnc-password.ts";

/** Where Windows and xrdp listen. */
const rdpPort = 3389;

export const viewer = command({
  operands: [{ name: "GUEST", complete: "guest" }],
  options: {
    ...gateOptions,
    ...reachOption,
    "view-only": flag("Look, but touch nothing."),
    password: flag("Have the viewer ask for a password, another one each time."),
    rdp: flag("Lead to the RDP server inside the guest (port 3389) instead of the display."),
    open: flag("Open the viewer of this computer, and end with it."),
  },
  about: `Opens a port of this computer's own (127.0.0.1) for a VNC viewer: TigerVNC, remote-viewer, Remmina, macOS Screen Sharing.
    The display is there from the firmware's first message on, and needs nothing in the guest. Each connection has a ticket of its
    own; the guest may stop and start meanwhile. Where the daemon starts anew the viewer's connection ends, and the port stays: connect again.

    Only programs of your own user are let in, as the kernel tells. Where it does not tell (macOS), the viewer asks for
    a password, which is printed.`,
  examples: [
    ["lodge viewer win --open", "in the viewer that is installed here"],
    ["lodge viewer win --listen 5901", "then: vncviewer 127.0.0.1::5901"],
    ["lodge viewer win --rdp --open", "the guest's own RDP server, by xfreerdp or Remmina"],
    ["lodge viewer office --desktop --open", "your own desktop of a pool"],
    ["lodge viewer win --view-only --remote office", "of a Lodge elsewhere, only to look"],
  ],
  async run({ operands, options }, context) {
    const [guest = ""] = operands;
    const { client, terminal } = context;
    const { rdp, open, desktop } = options;
    const scheme = rdp ? "rdp" : "vnc";
    const refused = rdp ? (["view-only", "password"] as const).find((name) => options[name]) : undefined;
    if (refused) return unfit(`--${refused} is for the display, not for --rdp`, context);
    if (desktop && options["view-only"]) return unfit("--view-only is not for --desktop", context);
    if (open && options.socket !== undefined) return unfit("--open needs a port, not --socket", context);

    const place = placeOf(options);
    const bare = place.socket === undefined && !place.anyUser && !rdp && !(await tellsUsers());
    const password = options.password || bare ? newVncPassword() : undefined;
    const reach = await reachOf(client, guest, { desktop, viewOnly: options["view-only"] });
    // What is wrong with the display is told before anything is opened.
    if (!rdp) (await reach.display()).destroy();
    await serveGate(context, {
      place: { ...place, anyUser: place.anyUser || password !== undefined },
      take: rdp
        ? async (socket) => carry(socket, await reach.port(rdpPort))
        : (socket) => show(reach, password, socket),
      opened({ name, port }) {
        terminal.print(port === undefined ? name : `${scheme}://${name}`);
        const how = port === undefined || rdp ? "" : ` For example: vncviewer 127.0.0.1::${port}`;
        terminal.note(terminal.paintNote("dim", `Ctrl-C closes it.${how}`));
        if (password !== undefined) terminal.note(`Password: ${password}`);
        return open && port !== undefined ? openProgram(scheme, port) : undefined;
      },
    });
  },
});

/** Shows the display to a viewer, which has to know the password where there is one. */
async function show(reach: Reach, password: string | undefined, socket: Socket): Promise<void> {
  if (password !== undefined) await askPassword(socket, password);
  const far = await reach.display();
  try {
    if (password !== undefined) await enterDisplay(far);
  } catch (error) {
    far.destroy();
    throw error;
  }
  await carry(socket, far);
}

function unfit(reason: string, { name }: Context): never {
  throw new LodgeError("api.usage", { reason, command: name });
}

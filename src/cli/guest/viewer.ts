import type { Socket } from "node:net";
import { LodgeError } from "#contract/errors";
import { command, flag } from "../command.ts";
import type { Context } from "../context.ts";
import { withPatience, usualPatience } from "#client/patience";
import { carry } from "../tunnel/carry.ts";
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
    ["lodge viewer win --view-only --remote office", "of a Lodge elsewhere, only to look"],
  ],
  async run({ operands, options }, context) {
    const [guest = ""] = operands;
    const { client, terminal } = context;
    const { rdp, open } = options;
    const scheme = rdp ? "rdp" : "vnc";
    const refused = rdp ? (["view-only", "password"] as const).find((name) => options[name]) : undefined;
    if (refused) return unfit(`--${refused} is for the display, not for --rdp`, context);
    if (open && options.socket !== undefined) return unfit("--open needs a port, not --socket", context);

    const place = placeOf(options);
    const bare = place.socket === undefined && !place.anyUser && !rdp && !(await tellsUsers());
    const password = options.password || bare ? newVncPassword() : undefined;
    const display = { guest, viewOnly: options["view-only"] ?? false, password };
    // What is wrong is told before anything is opened.
    if (rdp) await client.call("guestGet", { params: { guest } });
    else await ticketFor(context, display);
    await serveGate(context, {
      place: { ...place, anyUser: place.anyUser || password !== undefined },
      take: rdp
        ? async (socket) => carry(socket, await client.port(guest, rdpPort))
        : (socket) => show(context, display, socket),
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

interface Display {
  readonly guest: string;
  readonly viewOnly: boolean;
  readonly password: string | undefined;
}

async function ticketFor({ client }: Context, { guest, viewOnly }: Display): Promise<string> {
  const ask = () => client.call("guestDisplayTicket", { params: { guest }, body: { viewOnly } });
  return (await withPatience(ask, usualPatience, undefined)).ticket;
}

async function show(context: Context, display: Display, socket: Socket): Promise<void> {
  const { guest, password } = display;
  if (password !== undefined) await askPassword(socket, password);
  const far = await context.client.display(guest, await ticketFor(context, display));
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

/**
 * noVNC in a headless Chromium: from a key's event in the page until its canvas shows what the guest made of it. Nothing
 * is subtracted, and there is no screen whose photons one could wait for.
 */
import { access, readFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { connect, type AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { chromium, type Browser, type Page } from "playwright-core";

const program = "/usr/bin/chromium";
const novnc = new URL("../node_modules/@novnc/novnc/", import.meta.url);

/** The first row of the canvas has the background of the first row of letters, so a new one changes it. */
const html = `<!doctype html><body style="margin:0"><div id="screen" style="width:720px;height:400px"></div>
<script type="module">
import RFB from "/core/rfb.js";
const row = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
const look = () => {
  const canvas = document.querySelector("#screen canvas");
  if (canvas?.width !== 720) return "";
  row.canvas.width = 720;
  row.drawImage(canvas, 0, 0, 720, 1, 0, 0, 720, 1);
  return row.getImageData(0, 0, 720, 1).data.join();
};
window.look = look;
window.watch = (path) => {
  const url = "ws://" + location.host + path;
  window.rfb = new RFB(document.getElementById("screen"), new WebSocket(url, ["binary"]));
  rfb.focusOnClick = true;
};
window.next = () => new Promise((resolve) => {
  rfb.focus();
  addEventListener("keydown", ({ timeStamp }) => {
    const before = look();
    const frame = () => look() === before ? requestAnimationFrame(frame) : resolve(performance.now() - timeStamp);
    requestAnimationFrame(frame);
  }, { capture: true, once: true });
});
</script>`;

export class Canvas {
  readonly #server: Server;
  readonly #browser: Browser;
  readonly #page: Page;

  private constructor(server: Server, browser: Browser, page: Page) {
    this.#server = server;
    this.#browser = browser;
    this.#page = page;
  }

  /** A page that watches the display at a path behind a unix socket; undefined without Chromium. */
  static async open(socketPath: string, path: string): Promise<Canvas | undefined> {
    if (
      !(await access(program).then(
        () => true,
        () => false,
      ))
    )
      return undefined;
    const server = serve(socketPath);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const browser = await chromium.launch({ executablePath: program, args: ["--no-sandbox"] });
    const page = await browser.newPage();
    const canvas = new Canvas(server, browser, page);
    try {
      await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
      await page.waitForFunction("window.watch");
      await page.evaluate(`watch(${JSON.stringify(path)})`);
      await page.waitForFunction("look() !== ''");
      return canvas;
    } catch (error) {
      await canvas.close();
      throw error;
    }
  }

  /** Milliseconds from a key's event to the canvas that shows it. */
  async key(): Promise<number> {
    const seen = this.#page.evaluate<number>("next()");
    await this.#page.keyboard.press("a");
    return seen;
  }

  async close(): Promise<void> {
    await this.#browser.close();
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

/** The page, noVNC's files, and whatever is a WebSocket handed through to the socket. */
function serve(socketPath: string): Server {
  const server = createServer((request, response) => {
    const path = new URL(request.url ?? "/", novnc).pathname;
    if (path === "/") return void response.setHeader("content-type", "text/html").end(html);
    readFile(fileURLToPath(new URL(`.${path}`, novnc))).then(
      (file) => response.setHeader("content-type", "text/javascript").end(file),
      () => response.writeHead(404).end(),
    );
  });
  server.on("upgrade", (request, near, head) => {
    const far = connect(socketPath);
    const headers = Object.entries(request.headers).map(([name, value]) => `${name}: ${String(value)}\r\n`);
    far.write(`GET ${request.url} HTTP/1.1\r\n${headers.join("")}\r\n`);
    far.write(head);
    far.setNoDelay(true);
    near.pipe(far).pipe(near);
    for (const socket of [near, far]) {
      socket.on("error", () => undefined);
      socket.on("close", () => (near.destroy(), far.destroy()));
    }
  });
  return server;
}

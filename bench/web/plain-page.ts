/**
 * The peer of a display in the browser: noVNC's own viewer in a page, and QEMU's VNC on a WebSocket by a proxy that passes
 * bytes on, as websockify does.
 */
import { createReadStream } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { passOn } from "../plain-display.ts";
import { checkout } from "../lodge.ts";

const library = join(checkout, "node_modules/@novnc/novnc");

const page = `<!doctype html><title>noVNC</title>
<style>body{margin:0}#screen{width:1000px;height:700px}</style><div id="screen"></div>
<script type="module">
import RFB from "/core/rfb.js";
const rfb = new RFB(document.getElementById("screen"), location.href.replace("http", "ws"));
rfb.scaleViewport = true;
rfb.addEventListener("connect", () => { rfb.focus(); document.title = "connected"; });
</script>`;

export interface PlainPage {
  readonly url: string;
  end(): void;
}

export async function servePlainPage(qemu: string): Promise<PlainPage> {
  const http = createServer((request, response) => {
    const path = request.url ?? "";
    if (path === "/") return void response.setHeader("content-type", "text/html").end(page);
    if (!/^\/(core|vendor)(\/[\w-]+)*\/[\w.-]+\.js$/.test(path)) return void response.writeHead(404).end();
    response.setHeader("content-type", "text/javascript");
    createReadStream(join(library, path))
      .on("error", () => response.destroy())
      .pipe(response);
  });
  const end = passOn(http, qemu);
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  return { url: `http://127.0.0.1:${(http.address() as AddressInfo).port}/`, end };
}

import assert from "node:assert/strict";
import { it } from "node:test";
import { browserOf } from "./browser-name.ts";

const name = (agent: string) => browserOf(agent, (browser, system) => `${browser} on ${system}`);
const webkit = "AppleWebKit/537.36 (KHTML, like Gecko)";

it("tells browsers apart that all say they are each other", () => {
  const said = {
    [`Mozilla/5.0 (X11; Linux x86_64) ${webkit} Chrome/140.0.0.0 Safari/537.36`]: "Chrome on Linux",
    [`Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${webkit} Chrome/140.0 Safari/537.36 Edg/140.0`]:
      "Edge on Windows",
    "Mozilla/5.0 (X11; Linux x86_64; rv:142.0) Gecko/20100101 Firefox/142.0": "Firefox on Linux",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Safari/605.1.15":
      "Safari on macOS",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1":
      "Safari on iOS",
    [`Mozilla/5.0 (Linux; Android 15) ${webkit} Chrome/140.0 Mobile Safari/537.36`]: "Chrome on Android",
  };
  for (const [agent, words] of Object.entries(said)) assert.equal(name(agent), words);
});

it("leaves what is no browser as it says", () => {
  assert.equal(name("curl/8.14.1"), "curl/8.14.1");
  assert.equal(name(""), "");
});

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { userOptions } from "./user-mode.ts";

describe("a user-mode network's options", () => {
  it("fix the addresses, so that the guest's is known", () => {
    assert.equal(
      userOptions({ publishes: [] }),
      "ipv6=off,net=10.0.2.0/24,host=10.0.2.2,dns=10.0.2.3,dhcpstart=10.0.2.15",
    );
  });

  it("forward each published port to the guest", () => {
    const options = userOptions({
      hostname: "web",
      publishes: [
        { protocol: "tcp", hostPort: 8080, guestPort: 80 },
        { protocol: "udp", hostPort: 5353, guestPort: 53 },
      ],
    });
    assert.ok(options.includes(",hostname=web,"));
    assert.ok(
      options.endsWith(",hostfwd=tcp:0.0.0.0:8080-10.0.2.15:80,hostfwd=udp:0.0.0.0:5353-10.0.2.15:53"),
    );
  });
});

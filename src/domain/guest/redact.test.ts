import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { redact } from "./redact.ts";

const given = `#cloud-config
hostname: web
password: hunter2
users:
  - name: ops
    passwd: $6$salt$digest
    ssh_authorized_keys:
      - ssh-ed25519 AAAA ops
  - { name: app, plain_text_passwd: "in flow", shell: /bin/sh }
chpasswd:
  expire: false
  list: |
    root:toor
    app:paap
ssh_keys:
  ed25519_private: |
    -----BEGIN OPENSSH PRIVATE KEY-----
    c2VjcmV0
    -----END OPENSSH PRIVATE KEY-----
  ed25519_public: ssh-ed25519 BBBB
write_files:
  - path: /etc/app.env
    content: |
      DB_PASSWORD=pgpass
      LOG_LEVEL=info
runcmd:
  - curl -H "X-Token: abcdef" https://example.org
`;

describe("user data to look at", () => {
  const shown = redact(given);

  it("has none of the secrets", () => {
    for (const secret of ["hunter2", "$6$salt", "in flow", "toor", "paap", "c2VjcmV0", "pgpass", "abcdef"])
      assert.ok(!shown.includes(secret), `${secret} in\n${shown}`);
  });

  it("has everything else", () => {
    for (const line of [
      "#cloud-config",
      "hostname: web",
      "ssh-ed25519 AAAA ops",
      "shell: /bin/sh",
      "root:[hidden]",
      "ed25519_public: ssh-ed25519 BBBB",
      "LOG_LEVEL=info",
      "expire: false",
    ])
      assert.ok(shown.includes(line), `${line} in\n${shown}`);
  });

  it("hides what a script sets", () => {
    assert.equal(
      redact("#!/bin/sh\nexport API_KEY=abc\necho hello"),
      "#!/bin/sh\nexport API_KEY=[hidden]\necho hello",
    );
  });
});

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { etcdArgs, isEtcd } from "./argv.ts";
import { type EtcdPlan, peerUrl } from "./plan.ts";

const plan: EtcdPlan = {
  name: "h1",
  folder: "/state/etcd",
  log: "/state/etcd.log",
  address: "::1",
  peerPort: 2380,
  clientPort: 2379,
  token: "t",
  state: "new",
  members: [
    { name: "h1", url: "https://[::1]:2380" },
    { name: "h2", url: "https://h2.example:2380" },
  ],
  tls: { ca: "/c/ca.pem", cert: "/c/host.pem", key: "/c/host.pem", revoked: "/c/revoked.pem" },
};

describe("an etcd's command line", () => {
  it("binds one address, and names all members", () => {
    const args = etcdArgs(plan);
    assert.equal(peerUrl(plan), "https://[::1]:2380");
    assert.ok(args.includes("--listen-client-urls=https://[::1]:2379"));
    assert.ok(args.includes("--initial-cluster=h1=https://[::1]:2380,h2=https://h2.example:2380"));
  });

  it("asks for certificates on both sides, of members and of clients", () => {
    const args = etcdArgs(plan);
    for (const side of ["", "peer-"]) {
      assert.ok(args.includes(`--${side}client-cert-auth=true`));
      assert.ok(args.includes(`--${side}trusted-ca-file=/c/ca.pem`));
    }
    assert.ok(args.includes("--client-crl-file=/c/revoked.pem"));
    assert.ok(args.includes("--peer-crl-file=/c/revoked.pem"));
    const { tls: _, ...plain } = plan;
    assert.ok(
      !etcdArgs(plain).some((arg) => /cert|https/.test(arg) && !arg.startsWith("--initial-cluster=")),
    );
  });

  it("is recognised by its folder, and by no longer one", () => {
    const argv = ["/usr/bin/etcd", ...etcdArgs(plan)];
    assert.ok(isEtcd(argv, "/state/etcd"));
    assert.ok(!isEtcd(argv, "/state"));
    assert.ok(!isEtcd(["vi", "--data-dir=/state/etcd"], "/state/etcd"));
  });
});

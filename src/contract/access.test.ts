/** The whole decision about who may do what, as a table. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  decide,
  highestRole,
  roleIn,
  roles,
  usualProject,
  type Decision,
  type Holder,
  type Permission,
  type Place,
} from "./access.ts";

const nobody = undefined;
const everywhere = (role: Holder["role"]): Holder => ({ role });
const inShop = (role: (typeof roles)[number]): Holder => ({ role: "none", projects: { shop: role } });
const none: Holder = { role: "none", projects: {} };
const mixed: Holder = { role: "viewer", projects: { shop: "admin" } };

const shop: Place = { project: "shop" };
const other: Place = { project: "other" };
const sharedByShop: Place = { project: "shop", shared: true };
const sharedByOther: Place = { project: "other", shared: true };
const everybodys: Place = { shared: true };
const host: Place = {};

/** Who, where, and what comes of asking as a viewer, an operator and an admin. */
const table: readonly (readonly [Holder | undefined, Place, Decision, Decision, Decision])[] = [
  [nobody, shop, "unauthorized", "unauthorized", "unauthorized"],
  [nobody, "list", "unauthorized", "unauthorized", "unauthorized"],
  [nobody, host, "unauthorized", "unauthorized", "unauthorized"],
  [nobody, everybodys, "unauthorized", "unauthorized", "unauthorized"],

  [everywhere("viewer"), shop, "allowed", "forbidden", "forbidden"],
  [everywhere("operator"), shop, "allowed", "allowed", "forbidden"],
  [everywhere("admin"), shop, "allowed", "allowed", "allowed"],
  [everywhere("viewer"), host, "allowed", "forbidden", "forbidden"],
  [everywhere("admin"), host, "allowed", "allowed", "allowed"],
  [everywhere("viewer"), "list", "allowed", "forbidden", "forbidden"],

  [inShop("viewer"), shop, "allowed", "forbidden", "forbidden"],
  [inShop("operator"), shop, "allowed", "allowed", "forbidden"],
  [inShop("admin"), shop, "allowed", "allowed", "allowed"],
  [inShop("admin"), other, "hidden", "hidden", "hidden"],
  [inShop("admin"), host, "forbidden", "forbidden", "forbidden"],
  [inShop("admin"), "list", "allowed", "allowed", "allowed"],
  [inShop("viewer"), "list", "allowed", "forbidden", "forbidden"],
  [inShop("admin"), sharedByShop, "allowed", "allowed", "allowed"],
  [inShop("admin"), sharedByOther, "allowed", "forbidden", "forbidden"],
  [inShop("admin"), everybodys, "allowed", "forbidden", "forbidden"],

  [none, shop, "hidden", "hidden", "hidden"],
  [none, host, "forbidden", "forbidden", "forbidden"],
  [none, "list", "allowed", "forbidden", "forbidden"],

  [mixed, shop, "allowed", "allowed", "allowed"],
  [mixed, other, "allowed", "forbidden", "forbidden"],
  [mixed, host, "allowed", "forbidden", "forbidden"],
];

describe("who may do what", () => {
  it("is as the table says", () => {
    for (const [holder, place, ...expected] of table)
      assert.deepEqual(
        roles.map((needed) => decide(holder, needed, place)),
        expected,
        `${JSON.stringify(holder)} of ${JSON.stringify(place)}`,
      );
  });

  it("asks nothing of anyone for what is anyone's, and a sign-in for one's own", () => {
    const places: readonly Place[] = [shop, other, sharedByOther, host, "list"];
    for (const place of places)
      for (const [needed, of, expected] of [
        ["anyone", nobody, "allowed"],
        ["self", nobody, "unauthorized"],
        ["self", none, "allowed"],
      ] as const satisfies readonly (readonly [Permission, Holder | undefined, Decision])[])
        assert.equal(decide(of, needed, place), expected);
  });

  it("takes the larger of two roles, and no project's name for more than a name", () => {
    assert.equal(roleIn({ role: "operator", projects: { shop: "viewer" } }, "shop"), "operator");
    assert.equal(roleIn(mixed, "shop"), "admin");
    for (const name of ["constructor", "__proto__", "toString"])
      assert.equal(decide(inShop("admin"), "viewer", { project: name }), "hidden");
    assert.equal(highestRole(mixed), "admin");
    assert.equal(highestRole(none), "none");
  });
});

describe("the project that is meant where none is named", () => {
  it("is the default one, but the only one of whoever has just one", () => {
    assert.equal(usualProject(undefined), "default");
    assert.equal(usualProject(everywhere("viewer")), "default");
    assert.equal(usualProject(inShop("viewer")), "shop");
    assert.equal(usualProject({ role: "none", projects: { shop: "viewer", default: "viewer" } }), "default");
    assert.equal(usualProject({ role: "none", projects: { shop: "viewer", lab: "viewer" } }), "default");
    assert.equal(usualProject(none), "default");
  });
});

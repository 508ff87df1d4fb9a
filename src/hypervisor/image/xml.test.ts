import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { readXml, textOf, within, XmlTrouble } from "./xml.ts";

const refused = (document: string, why: RegExp) =>
  assert.throws(
    () => readXml(document),
    (error) => error instanceof XmlTrouble && why.test(error.message),
  );

describe("an XML document", () => {
  it("is elements with attributes and text, whatever their prefixes", () => {
    const root = readXml(
      `\ufeff<?xml version="1.0"?>\n<a:root x:one="1&#x41;&lt;" two='"'><!-- <no/> --><b> t&amp;<![CDATA[<&x;>]]> </b><c/><b>2</b></a:root>\n`,
    );
    assert.equal(root.name, "root");
    assert.deepEqual(Object.fromEntries(root.attributes), { one: "1A<", two: '"' });
    assert.equal(textOf(root, "b"), "t&<&x;>");
    assert.deepEqual(
      within(root, "b").map(({ text }) => text.trim()),
      ["t&<&x;>", "2"],
    );
  });

  it("is refused with what could make it more than it is", () => {
    refused('<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', /document type/);
    refused("<a>&b;</a>", /entity/);
    refused("<a>&amp</a>", /entity/);
    refused("<a>&#x110000;</a>", /entity/);
    refused("<a>&constructor;</a>", /entity/);
    refused('<?xml-stylesheet href="x"?><a/>', /well-formed/);
    refused("<a>".repeat(100) + "</a>".repeat(100), /too much/);
    refused(`<a>${"<b/>".repeat(20_001)}</a>`, /too much/);
  });

  it("is refused where it is not whole", () => {
    for (const document of ["", "<a>", "<a/><b/>", "text", "<a><!-- "])
      refused(document, /whole|well-formed/);
    for (const document of ["<a></b>", "</a>"]) refused(document, /nothing began/);
    for (const document of ["<a", '<a b="1>', "<a b=1/>"]) refused(document, /well-formed/);
  });
});

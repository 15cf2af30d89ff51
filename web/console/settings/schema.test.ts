import { describe, expect, it } from "vitest";
import { fieldsOf, valueOf } from "./schema";

describe("a rule's form", () => {
  it("is one bounded input for a number", () => {
    const fields = fieldsOf({ type: "integer", minimum: 1, maximum: 1440, title: "Deadline" });
    expect(fields).toEqual([{ name: "", title: "Deadline", kind: "whole", least: 1, most: 1440 }]);
    expect(valueOf(fields ?? [], { "": "45" })).toBe(45);
  });
  it("is an input for each part of an object", () => {
    const fields = fieldsOf({ type: "object", properties: { metres: { type: "number" }, strict: { type: "boolean" } } });
    expect(valueOf(fields ?? [], { metres: "12.5", strict: true })).toEqual({ metres: 12.5, strict: true });
  });
  it("is JSON where a part is a list", () => {
    expect(fieldsOf({ type: "object", properties: { days: { type: "array" } } })).toBeNull();
    expect(fieldsOf({ type: "array" })).toBeNull();
  });
  it("leaves what is no number to the API, which refuses it", () => {
    expect(valueOf([{ name: "", title: "", kind: "whole" }], { "": "soon" })).toBe("soon");
  });
});

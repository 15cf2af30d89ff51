import { describe, expect, it, vi } from "vitest";

vi.mock("../../shared/words", () => ({ language: { value: "zh" } }));
const { entriesOf, factsOf, fenOf, typedOf } = await import("./facts");

const FAMILY = {
  $defs: {
    Hardship: { enum: ["seriously_ill"], type: "string" },
    Member: {
      type: "object",
      required: ["person_id", "income_fen"],
      properties: {
        person_id: { type: "string", format: "uuid", title: "家庭成员" },
        income_fen: { type: "integer", minimum: 0, title: "月计算收入（分）" },
        hardship: { anyOf: [{ $ref: "#/$defs/Hardship" }, { type: "null" }], default: null, title: "特殊困难" },
      },
    },
  },
  type: "object",
  required: ["members"],
  properties: {
    members: { type: "array", maxItems: 20, items: { $ref: "#/$defs/Member" }, title: "家庭成员" },
    within: { type: "boolean", default: true, title: "财产符合规定" },
    lines: { type: "array", items: {}, default: [], readOnly: true },
  },
};

describe("the form of a module's facts", () => {
  const entries = entriesOf(FAMILY);
  it("reads rows, choices, amounts and what may be left empty", () => {
    const [members] = entries;
    expect(members?.parts?.map((part) => [part.kind, part.title, part.optional])).toEqual([
      ["person", "家庭成员", false],
      ["money", "月计算收入", false],
      ["choice", "特殊困难", true],
    ]);
    expect(members?.parts?.[2]?.enumeration).toBe("Hardship");
  });
  it("asks for amounts in yuan and keeps fen", () => {
    const stored = { members: [{ person_id: "a", income_fen: 12_350, hardship: null }], within: false };
    const typed = typedOf(entries, stored);
    expect((typed["members"] as { income_fen: string }[])[0]?.income_fen).toBe("123.50");
    expect(factsOf(entries, typed)).toEqual(stored);
  });
  it("begins with what the declaration says and leaves out what is computed", () => {
    expect(typedOf(entries)).toEqual({ members: [], within: true });
  });
  it("leaves what is no amount to the platform, which refuses it", () => {
    expect([fenOf("1,234.5"), fenOf("12"), fenOf("many"), fenOf("1.234")]).toEqual([123_450, 1_200, "many", "1.234"]);
  });
});

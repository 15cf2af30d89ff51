import { expect, test } from "vitest";
import { capitals, yuan } from "./money";

test("yuan has two places and groups of three", () => {
  expect([0, 5, 100, 12740500, -1].map(yuan)).toEqual(["0.00", "0.05", "1.00", "127,405.00", "-0.01"]);
});

test("capitals are those of the payment rules", () => {
  const written: [number, string][] = [
    [0, "零元整"],
    [5, "伍分"],
    [50, "伍角整"],
    [105, "壹元零伍分"],
    [1000, "壹拾元整"],
    [140950, "壹仟肆佰零玖元伍角整"],
    [12740500, "壹拾贰万柒仟肆佰零伍元整"],
    [1000000, "壹万元整"],
    [1_0000_5000, "壹佰万零伍拾元整"],
    [10_0500_0000_00, "壹拾亿零伍佰万元整"],
    [1_0000_0001_00, "壹亿零壹元整"],
    [1_0000_0000_00, "壹亿元整"],
    [325_04, "叁佰贰拾伍元零肆分"],
    [168_032, "壹仟陆佰捌拾元叁角贰分"],
    [-100, "负壹元整"],
  ];
  expect(written.map(([fen]) => capitals(fen))).toEqual(written.map(([, words]) => words));
});

test("what is no whole number of fen has no capitals", () => {
  expect(() => capitals(0.5)).toThrow(RangeError);
});

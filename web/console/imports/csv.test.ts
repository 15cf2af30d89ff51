import { expect, test } from "vitest";
import { csv } from "./csv";

test("commas, quotes and lines stay inside their cell", () => {
  expect(csv([["a,b", 'say "no"', "two\nlines", 3, null]])).toBe('\ufeff"a,b","say ""no""","two\nlines",3,\r\n');
});

test("what a spreadsheet would compute is text", () => {
  expect(csv([["=1+1", "@sum", "-2", "+86", "1-2"]])).toBe("\ufeff'=1+1,'@sum,'-2,'+86,1-2\r\n");
});

import { expect, test } from "vitest";
import type { components } from "../../shared/api";
import type { ActKind, Entry } from "../sync/store";
import { sequenceOf, stateOf, stepOf } from "./steps";

const row = (state: string, sequence: number) => ({ visit: { id: "v", state }, sequence }) as components["schemas"]["VisitOfDay"];
const entry = (kind: ActKind, sequence: number, more: object = {}) => ({ kind, visit_id: "v", act: { sequence }, ...more }) as Entry;

test("a visit stands where the acts that wait will lead it", () => {
  expect(stateOf(row("accepted", 0), [])).toBe("accepted");
  expect(stateOf(row("accepted", 0), [entry("depart", 1), entry("arrive", 2)])).toBe("arrived");
  expect(stateOf(row("arrived", 2), [entry("leave", 3)])).toBe("finished");
});

test("another visit's act, a refused one and one after the end change nothing", () => {
  expect(stateOf(row("accepted", 0), [entry("depart", 1, { visit_id: "w" })])).toBe("accepted");
  expect(stateOf(row("accepted", 0), [entry("depart", 1, { refused: { code: "x", detail: "x" } })])).toBe("accepted");
  expect(stateOf(row("cancelled", 0), [entry("depart", 1)])).toBe("cancelled");
});

test("acts are numbered on from what the server has and what waits", () => {
  expect(sequenceOf(row("accepted", 0), [])).toBe(1);
  expect(sequenceOf(row("departed", 1), [entry("arrive", 2)])).toBe(3);
  expect(sequenceOf(row("departed", 1), [entry("arrive", 2, { refused: { code: "x", detail: "x" } })])).toBe(2);
});

test("the next step is offered while the visit is not over", () => {
  expect(stepOf("accepted")?.kind).toBe("depart");
  expect(stepOf("departed")?.kind).toBe("arrive");
  expect(stepOf("arrived")?.kind).toBe("leave");
  expect(stepOf("finished")).toBeUndefined();
});

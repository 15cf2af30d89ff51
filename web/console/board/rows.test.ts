import { expect, test } from "vitest";
import { merged, type BoardRow } from "./rows";

const row = (request_id: string, state: BoardRow["state"]) => ({ request_id, state }) as BoardRow;

test("changed rows stand in place of the earlier ones, new ones are added and what left is gone", () => {
  const before = [row("a", "waiting"), row("b", "offered"), row("c", "there")];
  const change = { at: "2026-03-02T09:00:00Z", rows: [row("b", "accepted"), row("d", "waiting")], gone: ["c", "z"] };
  const after = merged(before, change);
  expect(after.map(({ request_id, state }) => `${request_id} ${state}`).sort()).toEqual(["a waiting", "b accepted", "d waiting"]);
  expect(before).toHaveLength(3);
});

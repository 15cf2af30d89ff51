import { answered, api } from "../shared/client";

/** The three answers of the page as scores, 5 very satisfied to 1 very dissatisfied. */
export const SCORES = { good: 5, fair: 3, bad: 1 } as const;
export type Answer = keyof typeof SCORES;
export const ANSWERS: Answer[] = ["good", "fair", "bad"];

/** Rate a visit by the six digits that its elder was told; false where the code is wrong or the visit was rated. */
export async function rate(visit_id: string, code: string, answer: Answer): Promise<boolean> {
  const params = { path: { visit_id } };
  const body = { code, score: SCORES[answer], channel: "code" as const };
  return (await answered(api.POST("/api/v1/visits/{visit_id}/rating", { params, body }))).accepted;
}

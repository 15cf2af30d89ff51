import type { components } from "../shared/api";
import { answered, api } from "../shared/client";
import { hour } from "../shared/hours";
import { t } from "../shared/words";
import { SCORES, type Answer } from "./rating";

export type Visit = components["schemas"]["FamilyVisit"];

/** Read how far the visit of a link is. */
export function fetchVisit(token: string): Promise<Visit> {
  return answered(api.GET("/api/v1/my/{token}", { params: { path: { token } } }));
}

/** Rate the visit of a link, once. */
export async function rateVisit(token: string, answer: Answer): Promise<void> {
  const params = { path: { token } };
  await answered(api.POST("/api/v1/my/{token}/rating", { params, body: { score: SCORES[answer] } }));
}

/** Say how far the visit is, and by which shape (`tokens.css`). */
export function progress(visit: Visit): { words: string; shape: string } {
  if (visit.left_at) return { words: t("follow.over", { time: hour(visit.left_at) }), shape: "done" };
  switch (visit.state) {
    case "accepted":
      return { words: t("follow.accepted"), shape: "promised" };
    case "departed":
      return { words: t("follow.departed"), shape: "going" };
    case "arrived":
      return { words: t("follow.arrived", { time: visit.arrived_at ? hour(visit.arrived_at) : "" }), shape: "here" };
    case "nobody_home":
      return { words: t("follow.nobody_home"), shape: "none" };
    case "aborted":
      return { words: t("follow.aborted"), shape: "none" };
    case "finished":
    case "held":
    case "verified":
      return { words: t("follow.looked_at"), shape: "wait" };
    default:
      return { words: t("follow.off"), shape: "void" };
  }
}

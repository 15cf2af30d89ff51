import type { components } from "../../shared/api";
import { stamp } from "../../shared/hours";
import { term } from "../../shared/terms";
import { t } from "../../shared/words";
import { amOneOf, type Move } from "./modules";

/** What decides whether a move is open to the reader beside its declaration. */
export type Standing = {
  /** until when the case is publicised; null: it is not */
  publicised: string | null;
  /** whether the reader has worked on it before */
  worked: boolean;
  now: number;
};

/** Say why the reader may not make a move; empty where they may. The platform checks all of it again. */
export function barred(move: Move, standing: Standing): string {
  const roles = move.by.map((role: components["schemas"]["Role"]) => term("Role", role)).join("、");
  if (!amOneOf(move.by)) return t("civil.barred.role", { roles });
  if (standing.publicised && Date.parse(standing.publicised) > standing.now && !move.objection) return t("civil.barred.publicised", { time: stamp(standing.publicised) });
  return move.second_person && standing.worked ? t("civil.barred.second") : "";
}

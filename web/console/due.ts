import { minutesBetween } from "../shared/hours";
import { t } from "../shared/words";

/** Say how late something is that was due; empty where it is not late. */
export function lateness(due: string | null, now: number | string): string {
  const minutes = due === null ? 0 : minutesBetween(due, now);
  if (minutes <= 0) return "";
  if (minutes < 60) return t("board.late", { minutes });
  const hours = Math.trunc(minutes / 60);
  return hours < 48 ? t("late.hours", { hours }) : t("late.days", { days: Math.trunc(hours / 24) });
}

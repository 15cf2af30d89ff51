import { onBeforeUnmount, shallowRef } from "vue";
import type { VisitInDay } from "./timeline";

/** From how many pixels on a press that moves is a drag and no click. */
const FAR = 6;
type Held = { visit: VisitInDay; x: number; y: number };
type Acts = {
  lift: (visit: VisitInDay) => void;
  /** Say over whose row the visit is; true where it may be dropped there. */
  over: (worker_id: string) => boolean;
  drop: () => void;
  back: () => void;
};

/**
 * Drag a visit to another worker's row with a mouse or a pen; a finger scrolls, and taps instead. `held` is what is
 * dragged and where. Dropped on a row where it may not go, or outside, it goes back.
 */
export function useDrag({ lift, over, drop, back }: Acts) {
  const held = shallowRef<Held | null>(null);
  let pressed: Held | null = null;

  function grab(event: PointerEvent, visit: VisitInDay): void {
    if (event.button !== 0 || event.pointerType === "touch") return;
    pressed = { visit, x: event.clientX, y: event.clientY };
    addEventListener("pointermove", moved);
    addEventListener("pointerup", released);
    addEventListener("pointercancel", cancelled);
  }

  function moved({ clientX: x, clientY: y }: PointerEvent): void {
    if (!pressed) return;
    if (!held.value) {
      if (Math.hypot(x - pressed.x, y - pressed.y) < FAR) return;
      lift(pressed.visit);
    }
    held.value = { visit: pressed.visit, x, y };
    const worker_id = rowAt(x, y);
    if (worker_id !== undefined) over(worker_id);
  }

  function released({ clientX: x, clientY: y }: PointerEvent): void {
    const dragged = held.value;
    end();
    if (!dragged) return;
    const worker_id = rowAt(x, y);
    if (worker_id !== undefined && over(worker_id)) drop();
    else back();
  }

  function cancelled(): void {
    if (held.value) back();
    end();
  }

  function end(): void {
    pressed = held.value = null;
    removeEventListener("pointermove", moved);
    removeEventListener("pointerup", released);
    removeEventListener("pointercancel", cancelled);
  }

  onBeforeUnmount(end);
  return { held, grab };
}

const ROW = "plan-";
/** The id of a worker's row. */
export const rowId = (worker_id: string) => ROW + worker_id;

function rowAt(x: number, y: number): string | undefined {
  return document.elementFromPoint(x, y)?.closest(`[id^="${ROW}"]`)?.id.slice(ROW.length);
}

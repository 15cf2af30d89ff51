import { nextTick, watch, type Ref } from "vue";
import { day, now } from "../../shared/hours";
import { forgetForm, formOf, keepForm } from "./draft";

type Field = Ref<string> | Ref<number> | Ref<boolean>;

/**
 * Keep what is typed into a form on this machine, under the name of what the form is about: a call that pops up, another
 * sheet, a reload leave it until the day is over, for hours are typed from today. `restore` brings it back once the
 * form has what it begins with; `forget` when it is saved.
 */
export function useKept(name: () => string, fields: Record<string, Field>) {
  let ready = false;
  watch(Object.values(fields), () => {
    const typed = Object.entries(fields).map(([field, value]) => [field, value.value] as const);
    if (ready) void keepForm(name(), { day: day(now()), fields: Object.fromEntries(typed) });
  });

  async function restore(): Promise<void> {
    const kept = await formOf(name());
    for (const [field, value] of Object.entries(kept?.day === day(now()) ? kept.fields : {})) {
      const target = fields[field] as Ref<unknown> | undefined;
      if (target) target.value = value;
    }
    await nextTick();
    ready = true;
  }

  async function forget(): Promise<void> {
    await forgetForm(name());
  }

  return { restore, forget };
}

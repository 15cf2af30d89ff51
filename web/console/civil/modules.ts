import { useQuery } from "@tanstack/vue-query";
import { computed } from "vue";
import type { components } from "../../shared/api";
import { answered, api } from "../../shared/client";
import { session } from "../../shared/session";
import { language } from "../../shared/words";

type Schemas = components["schemas"];
export type Module = Schemas["CivilModule"];
export type CaseKind = Schemas["CivilCaseKind"];
export type Register = Schemas["CivilRegister"];
export type Programme = Schemas["CivilProgramme"];
export type FundKind = Schemas["CivilFund"];
export type Move = Schemas["CivilMove"];
export type Title = Schemas["CivilTitle"];
type Role = Schemas["Role"];

/** Say a title in the reader's language. */
export function said(title: Title | undefined, otherwise = ""): string {
  return title?.[language.value] ?? otherwise;
}

/** The declarations of the companion modules, which every page of the bureau is drawn from. */
export function useModules() {
  const { data, error } = useQuery({
    queryKey: ["civil modules"],
    queryFn: async () => (await answered(api.GET("/api/v1/civil/modules"))).items,
    staleTime: Infinity,
  });
  const modules = computed(() => data.value ?? []);
  const kinds = computed(() => modules.value.flatMap((module) => module.kinds));
  const registers = computed(() => modules.value.flatMap((module) => module.registers));
  const programmes = computed(() => modules.value.flatMap((module) => module.programmes));
  const funds = computed(() => modules.value.flatMap((module) => module.funds));
  return {
    modules,
    kinds,
    registers,
    programmes,
    funds,
    error,
    kindOf: (name: string) => kinds.value.find((each) => each.kind === name),
    registerOf: (name: string) => registers.value.find((each) => each.kind === name),
    programmeTitle: (name: string) => said(programmes.value.find((each) => each.programme === name)?.title, name),
    fundTitle: (name: string) => said(funds.value.find((each) => each.kind === name)?.title, name),
  };
}

/** What has states: a kind of case, or a register. */
export type Stated = Pick<CaseKind, "kind" | "title" | "states" | "moves">;

/** Say a state of a kind or a register. */
export function stateCalled(of: Stated | undefined, state: string): string {
  return said(of?.states.find((each) => each.state === state)?.title, state);
}

/** Give the shape of a state (`tokens.css`): where it ends, where it is publicised, and the way in between. */
export function shapeOf(of: Stated | undefined, state: string): string {
  if (!of?.moves.some((move) => move.came_from === state)) return "done";
  return of.states.find((each) => each.state === state)?.publicised ? "here" : "wait";
}

/** Return the moves that lead on from a state. */
export function movesFrom(of: Stated | undefined, state: string): Move[] {
  return of?.moves.filter((move) => move.came_from === state) ?? [];
}

/** Tell whether the signed-in role is among some. */
export function amOneOf(roles: Role[]): boolean {
  return session.me !== null && roles.includes(session.me.role);
}

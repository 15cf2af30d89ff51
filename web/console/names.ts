import { useQuery } from "@tanstack/vue-query";
import { computed } from "vue";
import { answered, api } from "../shared/client";

const HOUR = 3_600_000;

/** The catalogue: what each item is called, what it costs and when it is done. */
export function useItems() {
  const { data } = useQuery({
    queryKey: ["catalogue"],
    queryFn: async () => (await answered(api.GET("/api/v1/catalogue"))).items,
    staleTime: HOUR,
  });
  const items = computed(() => data.value ?? []);
  const names = computed(() => new Map(items.value.map((item) => [item.code, item.name])));
  return { items, itemName: (code: string) => names.value.get(code) ?? code };
}

/** The companies by id, for rows that hold an id alone. */
export function useCompanies() {
  const { data } = useQuery({
    queryKey: ["companies"],
    queryFn: async () => (await answered(api.GET("/api/v1/companies"))).items,
    staleTime: HOUR,
  });
  const names = computed(() => new Map((data.value ?? []).map((company) => [company.id, company.name])));
  return { companyName: (id: string) => names.value.get(id) ?? "" };
}

/** The divisions of the district by code. */
export function useDivisions() {
  const { data } = useQuery({
    queryKey: ["divisions"],
    queryFn: async () => (await answered(api.GET("/api/v1/divisions"))).items,
    staleTime: HOUR,
  });
  const divisions = computed(() => data.value ?? []);
  const names = computed(() => new Map(divisions.value.map((division) => [division.code, division.name])));
  return { divisions, divisionName: (code: string) => names.value.get(code) ?? code };
}

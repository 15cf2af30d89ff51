import type { components } from "../../../shared/api";
import { answered, api } from "../../../shared/client";
import { yuan } from "../../../shared/money";
import { term } from "../../../shared/terms";

type Schemas = components["schemas"];
export type Figure = Schemas["CivilFigure"];
export type FigureRow = Schemas["CivilFigureRow"];

/** Read what every figure says of a day that the reader may see. */
export async function fetchFigures(as_of: string): Promise<Figure[]> {
  return (await answered(api.GET("/api/v1/civil/figures", { params: { query: { as_of } } }))).items;
}

/** Read a page of the rows behind a figure. */
export async function fetchRows(figure_code: string, as_of: string, after?: string): Promise<Schemas["CivilFigureRowList"]> {
  return answered(api.GET("/api/v1/civil/figures/{figure_code}/rows", { params: { path: { figure_code }, query: { as_of, after, limit: 100 } } }));
}

/** A piece of a line of the report: text, or a figure's number with its code; `missing` where no figure fills it. */
export type Piece = { text: string; code: string | null; missing: boolean };

/** Read the draft of the annual report: its heading, how much of it is filled, and its lines. */
export async function fetchDraft(as_of: string): Promise<{ title: string; filled: string; lines: Piece[][] }> {
  const html = await answered(api.GET("/api/v1/civil/reports/annual", { params: { query: { as_of } }, parseAs: "text" }));
  const page = new DOMParser().parseFromString(html, "text/html");
  const lines = [...page.querySelectorAll("article p")].map((line) => [...line.childNodes].map(pieceOf));
  return { title: page.querySelector("h1")?.textContent ?? "", filled: page.querySelector("h1 + p")?.textContent ?? "", lines };
}

function pieceOf(node: Node): Piece {
  const link = node instanceof Element ? node.getAttribute("href") : null;
  return { text: node.textContent ?? "", code: link?.startsWith("#") ? link.slice(1) : null, missing: node instanceof Element && node.querySelector("mark") !== null };
}

/** Write a value in its unit. */
export function written(figure: Figure, value: number): string {
  if (figure.unit === "fen") return yuan(value);
  if (figure.unit === "basis_points") return `${(value / 100).toFixed(2)}%`;
  return `${value.toLocaleString("en-US")} ${term("FigureUnit", figure.unit)}`;
}

/** Write what a figure says; null where nothing can be said. */
export function saying(figure: Figure): string | null {
  return figure.name ?? (figure.number === null ? null : written(figure, figure.number));
}

import createClient from "openapi-fetch";
import type { components, paths } from "./api";

export type Problem = components["schemas"]["Problem"];

/** The API of the host that served the page. The session is a cookie, so a page keeps no token. */
export const api = createClient<paths>({ baseUrl: "/" });

/** An answer other than success: the API's code and its sentence in the language that the page asked for. */
export class Refused extends Error {
  constructor(readonly problem: Problem) {
    super(problem.detail);
  }
}

import createClient from "openapi-fetch";
import type { components, paths } from "./api";
import { language, t } from "./words";

export type Problem = components["schemas"]["Problem"];

/** The API of the host that served the page. The session is a cookie, so a page keeps no token. */
export const api = createClient<paths>({ baseUrl: "/" });

const READS = new Set(["GET", "HEAD"]);
const listeners: (() => void)[] = [];

/** Call back whenever an answer says that nobody is signed in. */
export function onSignedOut(listener: () => void): void {
  listeners.push(listener);
}

api.use({
  onRequest({ request }) {
    request.headers.set("Accept-Language", language.value === "zh" ? "zh-CN" : "en");
    if (!READS.has(request.method) && !request.headers.has("Idempotency-Key")) {
      request.headers.set("Idempotency-Key", newKey());
    }
    return request;
  },
  onResponse({ request, response }) {
    if (response.status === 401 && !new URL(request.url).pathname.endsWith("/sessions")) {
      listeners.forEach((listener) => listener());
    }
    return undefined;
  },
});

/** An answer other than success: the API's code and its sentence in the language that the page asked for. */
export class Refused extends Error {
  constructor(readonly problem: Problem) {
    super(problem.detail);
  }
}

/** No answer at all, or one that the platform did not write. */
export class Unreachable extends Error {}

/** Say why something was not done: the platform's own sentence, or that nobody answered. */
export function sentence(why: unknown): string {
  return why instanceof Refused ? why.message : t("unreachable");
}

type Answer<Data> = { data?: Data; error?: Problem; response: Response };

/** Return what a call answers; throw `Refused` for a problem and `Unreachable` where nobody answers. */
export async function answered<Data>(call: Promise<Answer<Data>>): Promise<Data> {
  const { data, error, response } = await call.catch((why: unknown) => {
    throw new Unreachable(String(why));
  });
  if (response.ok) return data as Data;
  if (error?.code === undefined) throw new Unreachable(String(response.status));
  throw new Refused(error);
}

/** Make the key of one press of a button: kept across its retries, also over a reload, it lets the act happen once. */
export function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

import { reactive } from "vue";
import type { components } from "./api";
import { answered, api, onSignedOut, Refused } from "./client";
import { synchronise } from "./hours";

export type Me = components["schemas"]["Me"];

/** Who is signed in; `ended` where that was so until an answer said otherwise: the page stays as it is and asks again. */
export const session = reactive<{ me: Me | null; ended: boolean }>({ me: null, ended: false });

onSignedOut(() => (session.ended = session.me !== null));

/** Ask who is signed in; null where nobody is. */
export async function whoAmI(): Promise<Me | null> {
  try {
    return take(await answered(api.GET("/api/v1/me")));
  } catch (why) {
    if (why instanceof Refused && why.problem.status === 401) return null;
    throw why;
  }
}

type Presented = Pick<components["schemas"]["SignIn"], "kind" | "public_key">;
let present: () => Promise<Presented> = async () => ({ kind: "desk" });

/** Say what a page presents beside name and password: which kind of session it wants, and a phone its public key. */
export function onSigningIn(presented: () => Promise<Presented>): void {
  present = presented;
}

async function begin(username: string, password: string, code: string): Promise<void> {
  const who = { username, password, code: code || null };
  try {
    await answered(api.POST("/api/v1/sessions", { body: { ...who, ...(await present()) } }));
  } catch (why) {
    // Somebody of another desk at the phone's page: the desk's session leads to the desk.
    if (!(why instanceof Refused && why.problem.code === "session.kind_not_allowed")) throw why;
    await answered(api.POST("/api/v1/sessions", { body: { ...who, kind: "desk" } }));
  }
}

/** Begin a session. Where another account takes over an open page, the page is loaded anew: it shows nobody else's. */
export async function signIn(username: string, password: string, code: string): Promise<Me> {
  await begin(username, password, code);
  const before = session.me?.account_id;
  const me = take(await answered(api.GET("/api/v1/me")));
  if (before && before !== me.account_id) location.assign(me.desk);
  return me;
}

/** End the session and load the page anew, so that nothing of it is left. */
export async function signOut(): Promise<void> {
  await answered(api.DELETE("/api/v1/sessions/current"));
  location.assign(import.meta.env.BASE_URL);
}

/** Tell whether the policy lets the signed-in role do an action; what it may not do is not shown. */
export function may(action: string): boolean {
  return session.me?.actions.includes(action) ?? false;
}

function take(me: Me): Me {
  synchronise(me.now);
  session.me = me;
  session.ended = false;
  return me;
}

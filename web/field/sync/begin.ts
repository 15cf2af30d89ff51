import { toRaw } from "vue";
import { onSigningIn, session, whoAmI, type Me } from "../../shared/session";
import { readPack } from "../day/day";
import { readEntries, reached } from "../outbox/outbox";
import { makeKey } from "./phone";
import { forgetOthers, keep, kept, lastAccount, open, type PhoneKey } from "./store";

let fresh: PhoneKey | null = null;

// A key of its own for each sign-in: the session is bound to it, and it never leaves this phone.
onSigningIn(async () => {
  const made = await makeKey();
  fresh = made?.key ?? null;
  return made ? { kind: "phone", public_key: made.public_key } : { kind: "desk" };
});

/** Open what is kept for who is signed in: with a signal as the server says, without one as it was left. */
export async function begin(): Promise<void> {
  try {
    await whoAmI();
    reached.value = true;
  } catch {
    reached.value = false;
    const account_id = lastAccount();
    if (!account_id) return;
    await open(account_id);
    session.me = (await kept("me")) ?? null;
  }
  if (session.me?.account_id) await take(session.me);
}

/** Keep who has signed in, with the key that was made for it; another account finds nothing of the one before. */
export async function take(me: Me): Promise<void> {
  const account_id = me.account_id as string;
  await open(account_id);
  await keep("me", toRaw(me));
  if (fresh) await keep("key", fresh);
  fresh = null;
  if (reached.value) await forgetOthers(account_id);
  await readPack();
  await readEntries();
}

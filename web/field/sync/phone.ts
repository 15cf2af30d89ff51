import { Refused, Unreachable } from "../../shared/client";
import { language } from "../../shared/words";
import { base, keep, kept, type Entry, type PhoneKey, type Problem } from "./store";

const CURVE = { name: "ECDSA", namedCurve: "P-256" } as const;
const SIGNING = { name: "ECDSA", hash: "SHA-256" } as const;

function text(bytes: ArrayBuffer): string {
  const letters = String.fromCharCode(...new Uint8Array(bytes));
  return btoa(letters).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** Make a key for this phone. Without a secure context there is no WebCrypto: null, and the session is a desk's. */
export async function makeKey(): Promise<{ key: PhoneKey; public_key: string } | null> {
  if (!globalThis.crypto?.subtle) return null;
  const pair = await crypto.subtle.generateKey(CURVE, false, ["sign", "verify"]);
  const public_key = text(await crypto.subtle.exportKey("raw", pair.publicKey));
  return { key: { id: public_key.slice(-16), pair, counter: 0 }, public_key };
}

/** One write at a time, in every window of this phone: the server takes counters in their order alone. */
export async function inTurn<Result>(write: () => Promise<Result>): Promise<Result> {
  return navigator.locks ? await navigator.locks.request("field-write", write) : await write();
}

async function sign(method: string, path: string, body: string): Promise<NonNullable<Entry["signed"]> | undefined> {
  const key = await kept("key");
  if (!key) return undefined;
  const counter = key.counter + 1;
  await keep("key", { ...key, counter });
  const message = new TextEncoder().encode(`${method} ${path}\n${counter}\n${body}`);
  const signature = text(await crypto.subtle.sign(SIGNING, key.pair.privateKey, message));
  return { key: key.id, counter, signature, body };
}

/** A network that takes a request and never answers must not hold up what is behind it. */
const LONGEST_MS = 30_000;

/** Send one write, signed where the session is a phone's; throw `Refused` or `Unreachable`. Call it in turn. */
export async function write<Data>(method: "POST" | "DELETE", path: string, content?: object, entry?: Entry): Promise<Data> {
  const body = content ? JSON.stringify(content) : "";
  const key = await kept("key");
  let signed = entry?.signed?.key === key?.id && entry?.signed?.body === body ? entry?.signed : undefined;
  if (!signed && key) {
    signed = await sign(method, path, body);
    if (entry) await (await base()).put("acts", Object.assign(entry, { signed }));
  }
  const headers = new Headers({ "Accept-Language": language.value === "zh" ? "zh-CN" : "en" });
  if (body) headers.set("Content-Type", "application/json");
  if (signed) headers.set("Phone-Counter", String(signed.counter));
  if (signed) headers.set("Phone-Signature", signed.signature);
  const response = await fetch(path, { method, headers, body: body || undefined, signal: AbortSignal.timeout(LONGEST_MS) }).catch((why: unknown) => {
    throw new Unreachable(String(why));
  });
  if (response.status === 204) return undefined as Data;
  const answer: unknown = await response.json().catch(() => null);
  if (response.ok) return answer as Data;
  const problem = answer as Problem | null;
  if (!problem?.code || response.status >= 500 || response.status === 429) throw new Unreachable(String(response.status));
  throw new Refused(problem);
}

/** Go on from a counter that the server knows and this phone has lost; the next write is signed anew. */
export async function countFrom(latest: number): Promise<void> {
  const key = await kept("key");
  if (key) await keep("key", { ...key, counter: Math.max(key.counter, latest) });
}

import { answered, type Problem } from "./client";
import type { Key } from "./words";

/** A file to take away: what its button says, and what saves it. */
export type Download = { word: Key; take: () => Promise<void> };

const NAME = /filename\*=UTF-8''([^;]+)/;

/** Save the file that a call answers, under the name that the platform gave it; throw as `answered` does. */
export async function save(call: Promise<{ data?: Blob; error?: Problem; response: Response }>): Promise<void> {
  const file = await answered(call);
  const name = NAME.exec((await call).response.headers.get("Content-Disposition") ?? "")?.[1];
  const link = document.createElement("a");
  link.href = URL.createObjectURL(file);
  link.download = name ? decodeURIComponent(name) : "";
  link.click();
  // a browser that asks where to save reads the file after the answer
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

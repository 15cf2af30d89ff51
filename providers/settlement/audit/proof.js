// SHA-256, the links of the chain and the Merkle tree over them (RFC 9162, 2.1): what binds events to the printed head.
const ROUNDS = [], START = [];
for (let n = 2, primes = []; ROUNDS.length < 64; n += 1) {
  if (primes.every((prime) => n % prime)) {
    primes.push(n);
    if (START.length < 8) START.push(((Math.sqrt(n) % 1) * 2 ** 32) | 0);
    ROUNDS.push(((Math.cbrt(n) % 1) * 2 ** 32) | 0);
  }
}

// FIPS 180-4, for browsers that keep crypto.subtle from a file.
function sha256(bytes) {
  const turn = (word, by) => (word >>> by) | (word << (32 - by));
  const padded = new Uint8Array(((bytes.length + 72) >> 6) << 6);
  padded.set(bytes);
  padded[bytes.length] = 128;
  const view = new DataView(padded.buffer);
  view.setUint32(padded.length - 8, Math.floor(bytes.length / 2 ** 29));
  view.setUint32(padded.length - 4, (bytes.length << 3) >>> 0);
  const state = [...START], words = new Int32Array(64);
  for (let block = 0; block < padded.length; block += 64) {
    for (let i = 0; i < 16; i += 1) words[i] = view.getInt32(block + 4 * i);
    for (let i = 16; i < 64; i += 1) {
      const x = words[i - 15], y = words[i - 2];
      const low = turn(x, 7) ^ turn(x, 18) ^ (x >>> 3), high = turn(y, 17) ^ turn(y, 19) ^ (y >>> 10);
      words[i] = words[i - 16] + low + words[i - 7] + high;
    }
    let [a, b, c, d, e, f, g, h] = state;
    for (let i = 0; i < 64; i += 1) {
      const one = h + (turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)) + ((e & f) ^ (~e & g)) + ROUNDS[i] + words[i];
      const two = (turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
      [h, g, f, e, d, c, b, a] = [g, f, e, (d + one) | 0, c, b, a, (one + two) | 0];
    }
    [a, b, c, d, e, f, g, h].forEach((word, i) => (state[i] = (state[i] + word) | 0));
  }
  const result = new DataView(new ArrayBuffer(32));
  state.forEach((word, i) => result.setInt32(4 * i, word));
  return new Uint8Array(result.buffer);
}

const subtle = globalThis.crypto && globalThis.crypto.subtle;
const digest = async (bytes) => (subtle ? new Uint8Array(await subtle.digest("SHA-256", bytes)) : sha256(bytes));
const utf8 = (text) => new TextEncoder().encode(text);
const unpack = (text) => Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
const hexOf = async (text) => hex(await digest(utf8(text)));

function joined(...parts) {
  const whole = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let place = 0;
  for (const part of parts) {
    whole.set(part, place);
    place += part.length;
  }
  return whole;
}

// The one JSON spelling that is hashed: sorted keys, no spaces.
function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  return `{${Object.keys(value).sort().map((key) => `${JSON.stringify(key)}:${canonical(value[key])}`).join(",")}}`;
}

// Read each event and compute its link: SHA-256(the link before it + the event's canonical bytes).
async function readEvents(rows, fail) {
  const events = new Map();
  for (const [number, previous, stated, content] of rows) {
    const link = await digest(joined(unpack(previous), utf8(content)));
    if (hex(link) !== hex(unpack(stated))) {
      fail(`第 ${number} 号事件或它的链接被改动`, `event ${number} or its link was changed`);
    }
    const before = events.get(number - 1);
    if (before && hex(before.link) !== hex(unpack(previous))) {
      fail(`第 ${number} 号事件没有接在第 ${number - 1} 号之后`, `event ${number} does not follow event ${number - 1}`);
    }
    events.set(number, { number, link, ...JSON.parse(content) });
  }
  return events;
}

// Compute the root of the tree of `size` links from the links that are known and the subtrees beside them.
async function rootOf(links, size, path) {
  const numbers = [...links.keys()].sort((a, b) => a - b);
  let used = 0;
  async function node(first, width, low, high) {
    if (low === high) {
      used += 1;
      return unpack(path[used - 1] || "");
    }
    if (width === 1) return digest(joined([0], links.get(first)));
    let left = 1;
    while (2 * left < width) left *= 2;
    let middle = low;
    while (middle < high && numbers[middle] < first + left) middle += 1;
    const sides = [await node(first, left, low, middle), await node(first + left, width - left, middle, high)];
    return digest(joined([1], ...sides));
  }
  const root = await node(1, size, 0, numbers.length);
  return used === path.length ? hex(root) : "";
}

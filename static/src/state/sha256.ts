/** SHA-256 (FIPS 180-4) where `crypto.subtle` isn't offered (plain HTTP): of texts, and of pictures' bytes by `Sha256`. */

/** First 32 bits of the fractional parts of the cube roots of the first 64 primes, and of the square roots of the first 8. */
const [ROUNDS, BEGIN] = constants();

const BLOCK_BYTES = 64;

/** Return the digest of a text in UTF-8 as 64 hexadecimal digits. */
export function sha256(text: string): string {
  return new Sha256().add(new TextEncoder().encode(text)).end();
}

/** A digest of bytes that come in pieces. */
export class Sha256 {
  private readonly digest = Uint32Array.from(BEGIN);
  private readonly schedule = new Uint32Array(64);
  private rest = new Uint8Array(0);
  private length = 0;

  add(bytes: Uint8Array): this {
    this.length += bytes.length;
    this.take(this.rest.length > 0 ? joined(this.rest, bytes) : bytes);
    return this;
  }

  /** Return 64 hexadecimal digits; nothing can be added after that. */
  end(): string {
    const closing = new Uint8Array((((this.rest.length + 8) >> 6) + 1) * BLOCK_BYTES - this.rest.length);
    closing[0] = 0x80;
    new DataView(closing.buffer).setBigUint64(closing.length - 8, BigInt(this.length) * 8n);
    this.take(joined(this.rest, closing));
    return [...this.digest].map((word) => word.toString(16).padStart(8, "0")).join("");
  }

  private take(bytes: Uint8Array): void {
    const whole = bytes.length - (bytes.length % BLOCK_BYTES);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    for (let at = 0; at < whole; at += BLOCK_BYTES) {
      for (let word = 0; word < 16; word++) this.schedule[word] = view.getUint32(at + word * 4);
      compress(this.digest, this.schedule);
    }
    this.rest = bytes.slice(whole);
  }
}

function joined(one: Uint8Array, other: Uint8Array): Uint8Array<ArrayBuffer> {
  const both = new Uint8Array(one.length + other.length);
  both.set(one);
  both.set(other, one.length);
  return both;
}

/** w: its first 16 words are the block. */
function compress(digest: Uint32Array, w: Uint32Array): void {
  for (let t = 16; t < 64; t++) {
    const [far, near] = [at(w, t - 15), at(w, t - 2)];
    const s0 = turned(far, 7) ^ turned(far, 18) ^ (far >>> 3);
    const s1 = turned(near, 17) ^ turned(near, 19) ^ (near >>> 10);
    w[t] = s1 + at(w, t - 7) + s0 + at(w, t - 16);
  }
  let [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = digest;
  for (let t = 0; t < 64; t++) {
    const choice = (e & f) ^ (~e & g);
    const majority = (a & b) ^ (a & c) ^ (b & c);
    const one = h + (turned(e, 6) ^ turned(e, 11) ^ turned(e, 25)) + choice + at(ROUNDS, t) + at(w, t);
    const two = (turned(a, 2) ^ turned(a, 13) ^ turned(a, 22)) + majority;
    [h, g, f, e, d, c, b, a] = [g, f, e, (d + one) | 0, c, b, a, (one + two) | 0];
  }
  for (const [place, value] of [a, b, c, d, e, f, g, h].entries()) digest[place] = at(digest, place) + value;
}

function at(words: Uint32Array, place: number): number {
  return words[place] ?? 0;
}

function turned(word: number, bits: number): number {
  return (word >>> bits) | (word << (32 - bits));
}

function constants(): [Uint32Array, Uint32Array] {
  const primes: number[] = [];
  for (let n = 2; primes.length < 64; n++) if (primes.every((prime) => n % prime !== 0)) primes.push(n);
  const fraction = (root: number) => Math.floor((root - Math.floor(root)) * 2 ** 32);
  return [
    Uint32Array.from(primes, (prime) => fraction(Math.cbrt(prime))),
    Uint32Array.from(primes.slice(0, 8), (prime) => fraction(Math.sqrt(prime))),
  ];
}

import { describe, expect, it } from "vitest";
import { Sha256, sha256 } from "./sha256";

async function platformDigest(text: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

describe("SHA-256", () => {
  it("gives the digests of FIPS 180-4's examples", () => {
    expect(sha256("")).toBe("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    expect(sha256("abc")).toBe("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    expect(sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")).toBe(
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
    );
  });

  it("agrees with the platform's own at every length around a block, and beyond ASCII", async () => {
    for (let length = 0; length < 200; length++) {
      const text = "é".repeat(length % 3) + "x".repeat(length);
      expect(sha256(text)).toBe(await platformDigest(text));
    }
  });

  it("takes bytes in pieces of any length", async () => {
    const bytes = Uint8Array.from({ length: 1000 }, (_, place) => (place * 7) % 256);
    for (const piece of [1, 3, 63, 64, 65, 200, 999, 1000]) {
      const hash = new Sha256();
      for (let at = 0; at < bytes.length; at += piece) hash.add(bytes.subarray(at, at + piece));
      const digest = await crypto.subtle.digest("SHA-256", bytes);
      expect(hash.end()).toBe([...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join(""));
    }
  });
});

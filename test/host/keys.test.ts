import { describe, expect, test } from "bun:test";
import { createHmac } from "node:crypto";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isClientKey, keyHint, mintKey, openKeyDigest } from "../../src/host/keys.ts";
import { temporaryFolder } from "./temporary.ts";

describe("a minted key", () => {
  test("is ls- and 256 random bits, with a hint that gives nothing away", () => {
    const key = mintKey();
    expect(key.secret).toMatch(/^ls-[A-Za-z0-9_-]{43}$/);
    expect(Buffer.from(key.secret.slice(3), "base64url").length).toBe(32);
    expect(isClientKey(key.secret)).toBe(true);
    expect(key.hint).toBe(`ls-…${key.secret.slice(-4)}`);
    expect(keyHint(key.secret)).toBe(key.hint);
    expect(key.id).toMatch(/^key_[A-Za-z0-9_-]{12}$/);
    expect(key.secret).not.toContain(key.id.slice(4));
  });

  test("is what its random bytes say", () => {
    expect(mintKey((bytes) => Buffer.alloc(bytes, 0xff)).secret).toBe(`ls-${"_".repeat(42)}8`);
  });

  test("is never minted twice", () => {
    expect(new Set(Array.from({ length: 500 }, () => mintKey().secret)).size).toBe(500);
  });

  for (const text of [
    "",
    "ls-",
    "sk-ant-abc",
    `ls-${"a".repeat(42)}`,
    `ls-${"a".repeat(44)}`,
    `LS-${"a".repeat(43)}`,
    `ls-${"a".repeat(42)}!`,
  ]) {
    test(`is not ${JSON.stringify(text)}`, () => expect(isClientKey(text)).toBe(false));
  }
});

describe("the digest of a key", () => {
  test("is HMAC-SHA-256 with a private pepper that is created once", () => {
    using folder = temporaryFolder();
    const digest = openKeyDigest(folder.path);
    const path = join(folder.path, "pepper");
    const pepper = readFileSync(path);
    expect(pepper.length).toBe(32);
    if (process.platform !== "win32") expect(statSync(path).mode & 0o777).toBe(0o600);
    if (!digest.ok) throw new Error(digest.error.message);
    expect(digest.value("ls-x")).toBe(createHmac("sha256", pepper).update("ls-x").digest("hex"));
    const again = openKeyDigest(folder.path);
    expect(again.ok && again.value("ls-x")).toBe(digest.value("ls-x"));
  });

  test("tells keys apart that share all but their last character", () => {
    using folder = temporaryFolder();
    const digest = openKeyDigest(folder.path);
    if (!digest.ok) throw new Error(digest.error.message);
    const stem = `ls-${"a".repeat(42)}`;
    const digests = new Set(
      [..."ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"].map((last) => digest.value(stem + last)),
    );
    expect(digests.size).toBe(64);
    expect(new Set([...digests].map((text) => text.slice(0, 12))).size).toBe(64);
  });

  test("differs between two installations", () => {
    using one = temporaryFolder();
    using two = temporaryFolder();
    const [first, second] = [openKeyDigest(one.path), openKeyDigest(two.path)];
    expect(first.ok && second.ok && first.value("ls-x") !== second.value("ls-x")).toBe(true);
  });

  test("is refused with a damaged pepper, which is not replaced", () => {
    using folder = temporaryFolder();
    writeFileSync(join(folder.path, "pepper"), "short");
    expect(openKeyDigest(folder.path)).toMatchObject({ ok: false, error: { code: "state_file_invalid" } });
    expect(readFileSync(join(folder.path, "pepper"), "utf8")).toBe("short");
  });

  test("is refused without a directory", () => {
    using folder = temporaryFolder();
    expect(openKeyDigest(join(folder.path, "no"))).toMatchObject({ ok: false, error: { code: "state_dir_unusable" } });
  });
});

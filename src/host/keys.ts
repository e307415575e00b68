import { createHmac, randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { failure, type Result, success } from "../core/result.ts";
import { createPrivateFileOnce, errorText } from "./private-file.ts";
import type { StateFault } from "./state.ts";

/** A fresh client key. `secret` is shown once and stored nowhere; `hint` is what people see afterwards. */
export interface MintedKey {
  readonly id: string;
  readonly secret: string;
  readonly hint: string;
}

const KEY_SHAPE = /^ls-[A-Za-z0-9_-]{43}$/;
const PEPPER_BYTES = 32;

/** Mints a client key: `ls-` and 256 random bits as base64url. */
export function mintKey(random: (bytes: number) => Buffer = randomBytes): MintedKey {
  const secret = `ls-${random(32).toString("base64url")}`;
  return { id: `key_${random(9).toString("base64url")}`, secret, hint: keyHint(secret) };
}

/** Prefix and last four characters: enough to tell keys apart, useless to an attacker. */
export function keyHint(secret: string): string {
  return `ls-…${secret.slice(-4)}`;
}

/** Whether text has the shape of a client key of ours, so that another provider's key is told apart from a wrong one. */
export function isClientKey(text: string): boolean {
  return KEY_SHAPE.test(text);
}

/** Digest under which a key is stored and looked up: HMAC-SHA-256 with the pepper, in hex. */
export type KeyDigest = (secret: string) => string;

/**
 * The digest function of a state directory. Its pepper is 32 random bytes, created once as `pepper` (0600); a stolen
 * database without that file does not even allow guessing. Looking up a digest in an index needs no constant-time compare:
 * what can be timed is the digest, not the key.
 */
export function openKeyDigest(stateDir: string): Result<KeyDigest, StateFault> {
  const path = join(stateDir, "pepper");
  try {
    createPrivateFileOnce(path, () => randomBytes(PEPPER_BYTES));
    const pepper = readFileSync(path);
    if (pepper.length === PEPPER_BYTES) {
      return success((secret) => createHmac("sha256", pepper).update(secret).digest("hex"));
    }
    const message = `${path} holds ${pepper.length} bytes instead of ${PEPPER_BYTES}. Restore it from a backup; without it every client key must be created anew after deleting it.`;
    return failure({ code: "state_file_invalid", message });
  } catch (error) {
    return failure({ code: "state_dir_unusable", message: `${path} cannot be used: ${errorText(error)}.` });
  }
}

import type { Clock } from "../host/clock.ts";
import { type KeyDigest, mintKey } from "../host/keys.ts";
import type { KeyWish } from "../http/admin-context.ts";
import type { Keyring } from "../http/identify.ts";
import type { ApiKey, KeyStore } from "../stores/ports.ts";

/** The keys of this process: looked up by digest in the store, mints new ones. */
export interface OwnKeyring extends Keyring {
  mint(wish: KeyWish): { readonly key: ApiKey; readonly secret: string };
}

/** A keyring over a key store. The store's index is asked at every request, so that a revoked key stops at once. */
export function createKeyring(store: KeyStore, digest: KeyDigest, clock: Clock): OwnKeyring {
  return {
    isRequired: () => store.hasAny(),
    find(secret) {
      if (!secret.startsWith("ls-")) return null;
      const key = store.findByDigest(digest(secret));
      const now = clock.now();
      if (key === null || key.revokedAt !== null || (key.expiresAt !== null && key.expiresAt <= now)) return null;
      store.touch(key.id, now);
      return key;
    },
    mint(wish) {
      const { id, secret, hint } = mintKey();
      const key = { id, hint, createdAt: clock.now(), ...wish };
      store.create(key, digest(secret));
      return { key: { ...key, revokedAt: null, lastUsedAt: null }, secret };
    },
  };
}

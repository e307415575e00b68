import type { Budget } from "../core/budget/budget.ts";
import { NO_LIMITS } from "../core/key-limits.ts";
import type { Clock } from "../host/clock.ts";
import { type KeyDigest, mintKey } from "../host/keys.ts";
import type { KeyWish } from "../http/admin/context.ts";
import type { Keyring } from "../http/identify.ts";
import type { ApiKey, KeyStore } from "../stores/ports.ts";

/** The percentages that are told of a key's own budget. */
const KEY_WARN_AT: readonly number[] = [50, 80];

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
      const key = { limits: NO_LIMITS, ...wish, id, hint, createdAt: clock.now() };
      store.create(key, digest(secret));
      return { key: { ...key, revokedAt: null, lastUsedAt: null }, secret };
    },
  };
}

/**
 * The budgets that live keys carry, as the budget book takes them: `name` is the key's id. The same list until a key changes,
 * so that it may be asked for at every request.
 */
export function createKeyBudgets(store: Pick<KeyStore, "list" | "revision">): () => readonly Budget[] {
  let known: readonly Budget[] = [];
  let madeAt = -1;
  return function keyBudgets() {
    if (madeAt === store.revision()) return known;
    madeAt = store.revision();
    known = store.list().flatMap(({ id, name, revokedAt, limits: { budget } }) => {
      if (budget === null || revokedAt !== null) return [];
      return [
        {
          ...budget,
          id: `${budget.period}:own:${name}`,
          scope: "key",
          name: id,
          warnAt: KEY_WARN_AT,
          isUnpricedAllowed: false,
          origin: "key",
        },
      ];
    });
    return known;
  };
}

import type { Database } from "bun:sqlite";
import { parseJson } from "../../core/json.ts";
import type { ApiKey, KeyReader, KeyStore } from "../ports.ts";
import type { Bindings } from "./bindings.ts";

interface StoredKey {
  readonly id: string;
  readonly name: string;
  readonly hint: string;
  readonly project: string | null;
  readonly created_at: number;
  readonly expires_at: number | null;
  readonly revoked_at: number | null;
  readonly last_used_at: number | null;
  readonly models: string;
}

const FIND = "SELECT * FROM keys WHERE digest = $digest";
const LIST = "SELECT * FROM keys ORDER BY created_at, id";
const HAS_ANY = "SELECT 1 AS found FROM keys WHERE revoked_at IS NULL LIMIT 1";
const INSERT = `
INSERT INTO keys (id, digest, name, hint, project, created_at, expires_at, models)
VALUES ($id, $digest, $name, $hint, $project, $createdAt, $expiresAt, $models)`;
const REVOKE = "UPDATE keys SET revoked_at = $at WHERE id = $id AND revoked_at IS NULL";
const TOUCH = `
UPDATE keys SET last_used_at = $at WHERE id = $id AND (last_used_at IS NULL OR last_used_at <= $at - 60000)`;

function modelsOf(text: string): readonly string[] {
  const value = parseJson(text);
  return Array.isArray(value) ? value.filter((pattern) => typeof pattern === "string") : [];
}

function toApiKey(stored: StoredKey): ApiKey {
  return {
    id: stored.id,
    name: stored.name,
    hint: stored.hint,
    project: stored.project,
    createdAt: stored.created_at,
    expiresAt: stored.expires_at,
    revokedAt: stored.revoked_at,
    lastUsedAt: stored.last_used_at,
    models: modelsOf(stored.models),
  };
}

/** The reading half of the key store. Closing it closes the handle. */
export function createKeyReader(database: Database): KeyReader {
  const find = database.query<StoredKey, [Bindings]>(FIND);
  const list = database.query<StoredKey, []>(LIST);
  const hasAny = database.query<{ found: number }, []>(HAS_ANY);
  return {
    findByDigest(digest) {
      const stored = find.get({ digest });
      return stored === null ? null : toApiKey(stored);
    },
    list: () => list.all().map(toApiKey),
    hasAny: () => hasAny.get() !== null,
    close: () => database.close(),
  };
}

/** Client keys on SQLite: one handle, each change committed at once. */
export function createSqliteKeyStore(database: Database): KeyStore {
  const insert = database.query<unknown, [Bindings]>(INSERT);
  const revoke = database.query<unknown, [Bindings]>(REVOKE);
  const touch = database.query<unknown, [Bindings]>(TOUCH);
  /** Last noted use by key, so that the common case does not even ask SQLite. */
  const touchedAt = new Map<string, number>();
  const reader = createKeyReader(database);
  /** Asked at every request; only this handle's owner changes keys. Null after a change. */
  let hasAny: boolean | null = null;
  return {
    ...reader,
    hasAny() {
      hasAny ??= reader.hasAny();
      return hasAny;
    },
    create({ models, ...key }, digest) {
      hasAny = null;
      insert.run({ ...key, digest, models: JSON.stringify(models) });
    },
    revoke(id, at) {
      hasAny = null;
      return revoke.run({ id, at }).changes === 1;
    },
    touch(id, at) {
      if (at - (touchedAt.get(id) ?? Number.NEGATIVE_INFINITY) < 60_000) return;
      touch.run({ id, at });
      touchedAt.set(id, at);
    },
  };
}

import type { Database } from "bun:sqlite";
import { BUDGET_PERIODS, BUDGET_POLICIES } from "../../core/budget/text.ts";
import { parseJson } from "../../core/json.ts";
import type { KeyLimits } from "../../core/key-limits.ts";
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
  readonly budget_nano_usd: number | null;
  readonly budget_period: string | null;
  readonly budget_over: string | null;
  readonly requests_per_minute: number | null;
  readonly burst: number | null;
  readonly tokens_per_minute: number | null;
  readonly concurrent: number | null;
}

const FIND = "SELECT * FROM keys WHERE digest = $digest";
const LIST = "SELECT * FROM keys ORDER BY created_at, id";
const HAS_ANY = "SELECT 1 AS found FROM keys WHERE revoked_at IS NULL LIMIT 1";
const INSERT = `
INSERT INTO keys (
  id, digest, name, hint, project, created_at, expires_at, models,
  budget_nano_usd, budget_period, budget_over, requests_per_minute, burst, tokens_per_minute, concurrent
) VALUES (
  $id, $digest, $name, $hint, $project, $createdAt, $expiresAt, $models,
  $budgetNanoUsd, $budgetPeriod, $budgetOver, $requestsPerMinute, $burst, $tokensPerMinute, $concurrent
)`;
const LIMIT = `
UPDATE keys SET
  budget_nano_usd = $budgetNanoUsd, budget_period = $budgetPeriod, budget_over = $budgetOver,
  requests_per_minute = $requestsPerMinute, burst = $burst, tokens_per_minute = $tokensPerMinute, concurrent = $concurrent
WHERE id = $id AND revoked_at IS NULL`;
const REVOKE = "UPDATE keys SET revoked_at = $at WHERE id = $id AND revoked_at IS NULL";
const TOUCH = `
UPDATE keys SET last_used_at = $at WHERE id = $id AND (last_used_at IS NULL OR last_used_at <= $at - 60000)`;

function modelsOf(text: string): readonly string[] {
  const value = parseJson(text);
  return Array.isArray(value) ? value.filter((pattern) => typeof pattern === "string") : [];
}

function limitsOf(stored: StoredKey): KeyLimits {
  const period = BUDGET_PERIODS.find((known) => known === stored.budget_period);
  // A file from elsewhere with a policy that nobody knows must not let more through.
  const over = BUDGET_POLICIES.find((known) => known === stored.budget_over) ?? "deny";
  const limitNanoUsd = stored.budget_nano_usd;
  return {
    budget: limitNanoUsd === null || period === undefined ? null : { limitNanoUsd, period, over },
    requestsPerMinute: stored.requests_per_minute,
    burst: stored.burst,
    tokensPerMinute: stored.tokens_per_minute,
    concurrent: stored.concurrent,
  };
}

function limitBindings({ budget, ...rates }: KeyLimits): Bindings {
  const { limitNanoUsd = null, period = null, over = null } = budget ?? {};
  return { ...rates, budgetNanoUsd: limitNanoUsd, budgetPeriod: period, budgetOver: over };
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
    limits: limitsOf(stored),
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
  const limit = database.query<unknown, [Bindings]>(LIMIT);
  const touch = database.query<unknown, [Bindings]>(TOUCH);
  /** Last noted use by key, so that the common case does not even ask SQLite. */
  const touchedAt = new Map<string, number>();
  const reader = createKeyReader(database);
  /** Asked at every request; only this handle's owner changes keys. Null after a change. */
  let hasAny: boolean | null = null;
  let revision = 0;
  const changed = (): void => {
    hasAny = null;
    revision += 1;
  };
  return {
    ...reader,
    hasAny() {
      hasAny ??= reader.hasAny();
      return hasAny;
    },
    create({ models, limits, ...key }, digest) {
      changed();
      insert.run({ ...key, ...limitBindings(limits), digest, models: JSON.stringify(models) });
    },
    limit(id, limits) {
      changed();
      return limit.run({ id, ...limitBindings(limits) }).changes === 1;
    },
    revision: () => revision,
    revoke(id, at) {
      changed();
      return revoke.run({ id, at }).changes === 1;
    },
    touch(id, at) {
      if (at - (touchedAt.get(id) ?? Number.NEGATIVE_INFINITY) < 60_000) return;
      touch.run({ id, at });
      touchedAt.set(id, at);
    },
  };
}

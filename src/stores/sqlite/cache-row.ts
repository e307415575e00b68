import { isJsonObject, parseJson } from "../../core/json.ts";
import type { DialectName, Warning } from "../../core/request.ts";
import type { Usage, UsageSource } from "../../core/usage.ts";
import type { CachedAnswer, CacheListing } from "../ports.ts";
import type { Bindings } from "./bindings.ts";

/** A row of `answers` without what was said. */
export interface ListedRow {
  readonly digest: string;
  readonly key_id: string | null;
  readonly project: string | null;
  readonly provider: string;
  readonly account: string;
  readonly model: string;
  readonly endpoint: string;
  readonly created_at: number;
  readonly used_at: number;
  readonly hits: number;
  readonly dialect: string;
  readonly form: string;
  readonly framing: string;
  readonly is_verbatim: number;
  readonly bytes: number;
}

/** A whole row of `answers`. */
export interface AnswerRow extends ListedRow {
  readonly usage: string;
  readonly usage_source: string;
  readonly warnings: string;
  readonly body: string;
}

/** What both listings and whole answers have. The casts are of what this program alone writes. */
function identityOf(row: ListedRow) {
  return {
    digest: row.digest,
    keyId: row.key_id,
    project: row.project,
    provider: row.provider,
    account: row.account,
    model: row.model,
    endpoint: row.endpoint,
    createdAt: row.created_at,
    dialect: row.dialect as DialectName,
    form: row.form as CachedAnswer["form"],
    framing: row.framing as CachedAnswer["framing"],
    isVerbatim: row.is_verbatim === 1,
  };
}

/** A listing from its row. */
export function listingOf(row: ListedRow): CacheListing {
  return { ...identityOf(row), usedAt: row.used_at, hits: row.hits, bytes: row.bytes };
}

/** An answer from its row; null where somebody else spoilt it. */
export function answerOf(row: AnswerRow): CachedAnswer | null {
  const usage = parseJson(row.usage);
  const warnings = parseJson(row.warnings);
  if (!isJsonObject(usage) || !isJsonObject(usage.input) || !isJsonObject(usage.output) || !Array.isArray(warnings))
    return null;
  return {
    ...identityOf(row),
    usage: usage as unknown as Usage,
    usageSource: row.usage_source as UsageSource,
    warnings: warnings as unknown as readonly Warning[],
    body: row.body,
  };
}

/** The values of a row that was never used. `bytes` is what it takes, names and all. */
export function answerBindings(answer: CachedAnswer): Bindings & { readonly bytes: number } {
  const { usage, warnings, isVerbatim, createdAt, ...rest } = answer;
  const texts = { usage: JSON.stringify(usage), warnings: JSON.stringify(warnings) };
  const bytes = Buffer.byteLength(rest.body) + Buffer.byteLength(texts.usage) + Buffer.byteLength(texts.warnings);
  return { ...rest, ...texts, createdAt, isVerbatim: isVerbatim ? 1 : 0, bytes: bytes + ROW_BYTES };
}

/** What a row takes beside its texts: names, numbers and its places in three indices. */
const ROW_BYTES = 512;

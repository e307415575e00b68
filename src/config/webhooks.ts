import { hostOfWebhook } from "../core/webhook.ts";
import { resolveSecret, type SecretPlaces } from "../host/secrets.ts";
import type { Finding, LocalProblem } from "./accounts.ts";
import type { Config } from "./schema.ts";
import type { Webhook } from "./settings.ts";

/** The webhooks that can be used, and what keeps the others from it. */
export interface ResolvedWebhooks {
  readonly webhooks: readonly Webhook[];
  readonly findings: readonly Finding[];
  readonly problems: readonly LocalProblem[];
  /** Secret files to be watched for changes. */
  readonly files: readonly string[];
}

const NOTHING: ResolvedWebhooks = { webhooks: [], findings: [], problems: [], files: [] };

type WebhookBlock = NonNullable<Config["webhooks"]>[number];

/** A secret that is not there takes its webhook out: what was to be signed is never sent without. */
function resolveOne({ url, secret, events = [] }: WebhookBlock, index: number, places: SecretPlaces): ResolvedWebhooks {
  if (secret === undefined) {
    return { ...NOTHING, webhooks: [{ url, secret: null, secretSource: null, events }] };
  }
  const found = resolveSecret(secret, places);
  const subject = `webhook ${hostOfWebhook(url)}`;
  if (found.ok) {
    const { value, file, warning } = found.value;
    return {
      webhooks: [{ url, secret: value, secretSource: secret, events }],
      findings: warning === null ? [] : [{ level: "warning", subject, message: warning }],
      problems: [],
      files: file === null ? [] : [file],
    };
  }
  const { code, message, fix } = found.error;
  if (code === "secret_placeholder" || code === "secret_malformed") {
    const path = ["webhooks", index, "secret"];
    return { ...NOTHING, problems: [{ code: "bad_key", path, message: `cannot be used: ${message}`, fix }] };
  }
  // Its store is for providers' keys.
  const advice = fix.replace(/, or store the key with .*/, "");
  const warning = `is not told of anything, since its secret is missing: ${message}; ${advice}`;
  return { ...NOTHING, findings: [{ level: "warning", subject, message: warning }] };
}

/** Looks up the secrets of the configured webhooks. */
export function resolveWebhooks({ webhooks }: Pick<Config, "webhooks">, places: SecretPlaces): ResolvedWebhooks {
  const all = (webhooks ?? []).map((block, index) => resolveOne(block, index, places));
  return {
    webhooks: all.flatMap((one) => one.webhooks),
    findings: all.flatMap((one) => one.findings),
    problems: all.flatMap((one) => one.problems),
    files: all.flatMap((one) => one.files),
  };
}

import { createHmac } from "node:crypto";

/** The bytes that sign: what stands in Base64 behind `whsec_`, or the secret's own text. */
function signingKey(secret: string): Buffer {
  return secret.startsWith("whsec_") ? Buffer.from(secret.slice("whsec_".length), "base64") : Buffer.from(secret);
}

/**
 * The headers of one post, as Standard Webhooks 1.0 names them: `webhook-id` stays the same when a post is tried again,
 * `webhook-timestamp` is the try's own (Unix seconds), `webhook-signature` is `v1,` and the Base64 of HMAC-SHA-256 over
 * `id.timestamp.body`. Without a secret there is no signature.
 */
export function webhookHeaders(
  post: { readonly id: string; readonly body: string },
  secret: string | null,
  nowMs: number,
): Readonly<Record<string, string>> {
  const timestamp = String(Math.floor(nowMs / 1000));
  const headers = { "webhook-id": post.id, "webhook-timestamp": timestamp };
  if (secret === null) return headers;
  const signed = `${post.id}.${timestamp}.${post.body}`;
  const digest = createHmac("sha256", signingKey(secret)).update(signed).digest("base64");
  return { ...headers, "webhook-signature": `v1,${digest}` };
}

import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { webhookHeaders } from "../../../src/features/alerts/signature.ts";
import { verifierOfDocs } from "./verifier.ts";

const verify = await verifierOfDocs();
const NOW = Date.UTC(2026, 10, 22, 12);

describe("the signature of a webhook", () => {
  test("is that of the example in the Standard Webhooks specification's own libraries", () => {
    // Source: the tests of standardwebhooks/libraries, with their fixed id, time and secret.
    const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const post = { id: "msg_p5jXN8AQM9LWM0D4loKWxJek", body: '{"test": 2432232314}' };
    expect(webhookHeaders(post, secret, 1_614_265_330_000)).toEqual({
      "webhook-id": post.id,
      "webhook-timestamp": "1614265330",
      "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    });
  });

  test("is checked by the code in docs/budgets.md, whatever the secret and the body", () => {
    const secrets = fc.oneof(
      fc.uint8Array({ minLength: 24, maxLength: 64 }).map((bytes) => `whsec_${Buffer.from(bytes).toString("base64")}`),
      fc.stringMatching(/^[\x21-\x7e]{8,40}$/),
    );
    fc.assert(
      fc.property(secrets, fc.json(), (secret, body) => {
        const headers = webhookHeaders({ id: "evt_1", body }, secret, NOW);
        expect(verify(headers, body, secret, NOW)).toBe(true);
        expect(verify(headers, `${body} `, secret, NOW)).toBe(false);
        expect(verify({ ...headers, "webhook-id": "evt_2" }, body, secret, NOW)).toBe(false);
        expect(verify(headers, body, `x${secret}`, NOW)).toBe(false);
        expect(verify(headers, body, secret, NOW + 301_000)).toBe(false);
      }),
    );
  });

  test("is absent without a secret, and then nothing passes the check", () => {
    const headers = webhookHeaders({ id: "evt_1", body: "{}" }, null, NOW);
    expect(headers).toEqual({ "webhook-id": "evt_1", "webhook-timestamp": String(NOW / 1000) });
    expect(verify(headers, "{}", "", NOW)).toBe(false);
    expect(verify({}, "{}", "secret", NOW)).toBe(false);
  });
});

import * as v from "valibot";

/** The dearest published rate is 600 USD per million tokens; far above it the unit is another one. */
const MAX_RATE_USD = 20_000;
const MAX_TOKENS = 1_000_000_000;
const MAX_NAME_CHARACTERS = 300;

/** A rate in USD per million tokens, or per thousand calls. */
export const Amount = v.pipe(
  v.number("is no number"),
  v.finite("is no number"),
  v.minValue(0, "is negative"),
  v.maxValue(MAX_RATE_USD, `is above ${MAX_RATE_USD} USD, which no model costs`),
);

/** A number of tokens. */
export const Count = v.pipe(
  v.number("is no number"),
  v.minValue(0, "is negative"),
  v.maxValue(MAX_TOKENS, `is above ${MAX_TOKENS} tokens`),
);

/** A name of a provider or model, or a part of one in a rule. */
export const Name = v.pipe(
  v.string("is no text"),
  v.minLength(1, "is empty"),
  v.maxLength(MAX_NAME_CHARACTERS, `is longer than ${MAX_NAME_CHARACTERS} characters`),
  v.check((text) => !/\p{Cc}/u.test(text), "has control characters"),
);

/** The deepest place of an issue, as a path with what is wrong there. */
export function schemaProblem(issue: v.BaseIssue<unknown>): string {
  const inner = issue.issues?.at(-1);
  const deeper = inner !== undefined && (inner.path?.length ?? 0) > 0 ? inner : undefined;
  const path = [...(issue.path ?? []), ...(deeper?.path ?? [])].map(({ key }) => String(key)).join(".");
  return `${path === "" ? "the whole" : path} ${(deeper ?? inner ?? issue).message}`;
}

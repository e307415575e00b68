/** Standard or URL-safe base64, with or without its padding: what a JSON reader of Google's takes for bytes. */
const BASE64 = /^[A-Za-z0-9+/_-]+={0,2}$/;

/**
 * A thought signature that may go on the wire. Google's clients and servers read it as bytes and refuse a request with anything
 * that is no base64, so that a token of another provider is only passed on where it is.
 */
export function isWireSignature(signature: string | undefined): signature is string {
  return signature !== undefined && BASE64.test(signature) && signature.replace(/=+$/, "").length % 4 !== 1;
}

/**
 * Stands in for the signature of a call that another model made: Gemini 3 refuses the first call of a step without one, and
 * takes this word for "not validated". Source: ai.google.dev/gemini-api/docs/thought-signatures.
 */
export const UNVALIDATED_SIGNATURE = "skip_thought_signature_validator";

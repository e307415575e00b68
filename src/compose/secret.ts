import { randomBytes } from "node:crypto";

/** 256 random bits as text. */
export function randomSecret(): string {
  return randomBytes(32).toString("base64url");
}

/** An id for a request: `req_…`, in the order of their making. */
export function mintRequestId(): string {
  return `req_${Bun.randomUUIDv7("base64url")}`;
}

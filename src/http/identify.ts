import type { ClientError } from "../core/fault.ts";
import { NO_LIMITS } from "../core/key-limits.ts";
import { failure, type Result, success } from "../core/result.ts";
import type { Caller } from "../gateway/call.ts";
import type { ApiKey } from "../stores/ports.ts";
import type { SessionProjects } from "./session-projects.ts";

/** The keys of this daemon, in memory. */
export interface Keyring {
  /** False until the first key is created: until then any credential or none is accepted on loopback. */
  isRequired(): boolean;
  /** The key of a secret, if it is known, not revoked and not expired. */
  find(secret: string): ApiKey | null;
}

/** A credential as a client sent it. */
interface Credential {
  readonly secret: string;
  readonly header: string;
  readonly value: string;
}

const SESSION_HEADERS = ["x-claude-code-session-id", "session-id", "x-session-id", "x-session-affinity"];

/** Any carrier works for any dialect: `Authorization: Bearer`, `x-api-key`, `x-goog-api-key`, `?key=`; all that were sent. */
function credentialsOf(request: Request): readonly Credential[] {
  const { headers } = request;
  const found: Credential[] = [];
  const bearer = headers.get("authorization");
  if (bearer !== null && /^bearer /i.test(bearer)) {
    found.push({ secret: bearer.slice(7).trim(), header: "authorization", value: bearer });
  }
  for (const header of ["x-api-key", "x-goog-api-key"]) {
    const value = headers.get(header);
    if (value !== null && value !== "") found.push({ secret: value, header, value });
  }
  const query = request.url.indexOf("?");
  const key = query === -1 ? null : new URLSearchParams(request.url.slice(query)).get("key");
  if (key !== null && key !== "") found.push({ secret: key, header: "x-goog-api-key", value: key });
  return found;
}

/** Whether a credential has the shape of our own keys: such a one is never passed on, known here or not. */
function isOwn({ secret }: Credential): boolean {
  return secret.startsWith("ls-");
}

/** The first key of ours among the credentials. */
function keyAmong(credentials: readonly Credential[], keyring: Keyring): ApiKey | null {
  for (const { secret } of credentials) {
    const key = keyring.find(secret);
    if (key !== null) return key;
  }
  return null;
}

function label(value: string | null, maxChars: number): string | null {
  if (value === null || value === "") return null;
  return value.replace(/[^\x20-\x7e]/g, "?").slice(0, maxChars);
}

function unauthorized(message: string): ClientError {
  return { status: 401, type: "authentication_error", code: "invalid_api_key", message, shouldRetry: false };
}

/**
 * Who asks. With keys created, an unknown, expired or missing one is refused; a key of ours is never passed on to a provider.
 * A client may send both: our key in one carrier, the credential for providers with `auth: client` in another. The project of a
 * key is a border: no header leads out of it. A key without one takes what the request states, or its session did before.
 */
export function identify(request: Request, keyring: Keyring, sessions: SessionProjects): Result<Caller, ClientError> {
  const credentials = credentialsOf(request);
  const key = keyAmong(credentials, keyring);
  if (key === null && keyring.isRequired()) {
    return failure(
      credentials.length === 0
        ? unauthorized(
            "This Lodestar asks for a key. Send one as `Authorization: Bearer ls-…`; `lodestar keys create` makes one.",
          )
        : unauthorized(
            "This key is not known here, expired or revoked. `lodestar keys list` shows the keys of this daemon.",
          ),
    );
  }
  const named = SESSION_HEADERS.map((name) => request.headers.get(name)).find((value) => value !== null) ?? null;
  const session = label(named, 200);
  const keyId = key?.id ?? null;
  const stated = label(request.headers.get("x-lodestar-project"), 100);
  const foreign = credentials.find((credential) => !isOwn(credential));
  return success({
    keyId,
    project: key?.project ?? sessions.projectOf({ keyId, session }, stated),
    session,
    client: label(request.headers.get("user-agent"), 100),
    tag: label(request.headers.get("x-lodestar-tag"), 200),
    file: label(request.headers.get("x-lodestar-file"), 200),
    allowedModels: key?.models ?? [],
    limits: key?.limits ?? NO_LIMITS,
    credential: foreign === undefined ? null : { header: foreign.header, value: foreign.value },
  });
}

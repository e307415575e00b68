import type { Finding, HunkFacts, Reason } from "./finding.ts";

const WORDS: readonly (readonly [Reason, RegExp])[] = [
  [
    "auth",
    /\b(auth\w*|login|logout|passw(or)?d|passwd|permission\w*|is_?admin|role|rbac|acl|session_?(id|token)|jwt|oauth\w*|csrf|cors|cookie|sudo|credential\w*|access_?token|allow_?list|origin|current_?user|superuser)\b/i,
  ],
  [
    "crypto",
    /\b(crypto|cipher|encrypt\w*|decrypt\w*|hmac|sha-?1|sha256|md5|aes|rsa|ecdsa|bcrypt|scrypt|argon2|pbkdf2|random_?bytes|getRandomValues|math\.random|nonce|salt|verify_?signature|tls|ssl|certificate|InsecureSkipVerify|verify\s*=\s*False|rejectUnauthorized)\b/i,
  ],
  [
    "sql",
    /\b(select\s.+\sfrom|insert\s+into|update\s\S+\sset\s|delete\s+from\s|drop\s+(table|column|index)|alter\s+table|truncate|execute(many|sql|_raw)?\(|raw_?query)/i,
  ],
  [
    "shell",
    /\b((?<!\.)exec\(|exec(Sync|File|ve?p?)\(|spawn(Sync)?\(|system\(|popen\(|subprocess|os\.system|shell\s*=\s*True|child_process|eva[l]\(|new Functio[n]\(|rm\s+-rf|chmod|chown|curl\s.+\|\s*(ba)?sh|dangerouslySetInnerHTML|innerHTML|document\.write)/,
  ],
  [
    "deserialise",
    /\b(pickle\.loads?|yaml\.load\(|unserialize\(|ObjectInputStream|marshal\.loads?|readObject\(|BinaryFormatter|XMLDecoder|resolve_entities)/,
  ],
  [
    "concurrency",
    /\b(mutex|lock(ed|s)?\b|unlock|semaphore|atomic\w*|volatile|synchronized|threading|thread|goroutine|go\s+func|chan\b|channel|waitgroup|promise\.(all|race)|asyncio|transaction|commit\(|rollback|compare_?and_?swap|memory_order\w*|RwLock|Arc<)\b/i,
  ],
];

/** Shapes of credentials, each from its issuer's documentation, and assignments that look like one. */
const SECRETS: readonly RegExp[] = [
  /\bAKIA[0-9A-Z]{16}\b/,
  /\bgh[pousr]_[A-Za-z0-9]{36,}\b/,
  /\bgithub_pat_[A-Za-z0-9_]{50,}\b/,
  /\bsk-(ant-|proj-)?[A-Za-z0-9_-]{20,}\b/,
  /\bxox[abprs]-[A-Za-z0-9-]{10,}\b/,
  /\bAIza[0-9A-Za-z_-]{35}\b/,
  /-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----/,
  /\b(?:[sr]k|pk)_live_[0-9A-Za-z]{16,}\b/,
  /\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}/,
  // A password in a URL; names in its place are no secret.
  /\b[a-z][a-z0-9+.-]{1,20}:\/\/[^\s/:@"'`<]{1,64}:(?!(?:password|passwd|pass|secret|xxx+|\*+)@)[^\s/@"'`<>${}]{5,128}@[\w.-]+/i,
];
const ASSIGNED =
  /(?:passw(?:or)?d|secret|token|api_?key|access_?key|private_?key)["']?\s*[:=]\s*["']([^"'\s]{8,})["']/i;
const PLACEHOLDER =
  /^(?:x+|\*+|<.*>|\$\{.*|\{\{.*|env[.:(].*|process\.env.*|your[-_].*|changeme|example.*|test.*|dummy.*|fake.*|placeholder.*|[a-z]+[-_](?:key|token|secret|password))$/i;

/** Whether a line looks as if it held a credential. */
export function holdsSecret(line: string): boolean {
  if (SECRETS.some((pattern) => pattern.test(line))) return true;
  const value = ASSIGNED.exec(line)?.[1];
  return value !== undefined && !PLACEHOLDER.test(value) && new Set(value).size >= 6;
}

function shown(word: string): string {
  return word.trim().length > 40 ? `${word.trim().slice(0, 39)}…` : word.trim();
}

/** What a hunk touches that goes wrong dearly: access, secrets, queries, commands, what runs at once. */
export function findSensitive({ kind, language, removed, added, file }: HunkFacts): readonly Finding[] {
  const findings: Finding[] = [];
  const secret = added.findIndex(holdsSecret);
  // The line itself is never shown again.
  if (secret >= 0 && kind !== "generated")
    findings.push({ reason: "secret", detail: "an added line looks like a credential" });
  if (kind === "migration") findings.push({ reason: "migration", detail: "changes how data is stored" });
  if (kind === "pipeline") findings.push({ reason: "pipeline", detail: "changes how it is built or shipped" });
  if (file.change === "mode" || (file.oldMode !== null && file.newMode !== null && file.oldMode !== file.newMode)) {
    findings.push({ reason: "mode-change", detail: `${file.oldMode ?? "none"} → ${file.newMode ?? "none"}` });
  }
  if (language.kind === "prose" || kind === "docs" || kind === "generated") return findings;
  const text = [...removed, ...added].filter((line) => !/^\s*(\/\/|#|\*|\/\*|--)/.test(line)).join("\n");
  for (const [reason, pattern] of WORDS) {
    const word = pattern.exec(text)?.[0];
    if (word !== undefined) findings.push({ reason, detail: shown(word) });
  }
  return findings;
}

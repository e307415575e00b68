/** Removes secrets from text. Whatever is logged, shown in an error or put into `status` passes through one. */
export interface Redactor {
  /** The text with every known secret and everything that looks like one replaced. JSON text stays valid JSON. */
  redact(text: string): string;
  /** From now on this very string is removed wherever it stands, also when escaped for JSON or a URL. Ignored below 6 characters. */
  addSecret(secret: string): void;
}

/** What stands in place of a secret. */
export const REDACTED = "[redacted]";

const MIN_SECRET_LENGTH = 6;

/** Headers whose whole value is a secret. */
const HEADERS =
  "(?:proxy-)?authorization|x-api-key|api-key|x-goog-api-key|x-auth-token|x-csrf-token|(?:set-)?cookie|x-amz-security-token";
/** Fields whose value is a secret, as they stand in JSON, forms and environment listings. */
const FIELDS =
  "api[-_]?key|apikey|access[-_]?token|refresh[-_]?token|id[-_]?token|auth[-_]?token|admin[-_]?token|client[-_]?secret|secret[-_]?key|secret[-_]?access[-_]?key|private[-_]?key|password|passwd|credentials?|pepper";
const QUERY_NAMES = `key|token|sig|signature|x-amz-(?:signature|credential|security-token)|code|${FIELDS}`;

/** Shapes of keys that providers and code hosts hand out, by their public prefixes. */
const KEY_SHAPES = [
  "sk-[\\w-]{8,}",
  "ls-[\\w-]{20,}",
  "AIza[\\w-]{16,}",
  "(?:gsk|hf|r8|fw|tgp_v1|glpat|rk_live|sk_live|sk_test|ghp|gho|ghu|ghs|ghr|github_pat)[_-]\\w{12,}",
  "(?:xai|pplx|nvapi|csk|dop_v1|vck)[_-][\\w-]{12,}",
  "xox[abpros]-[\\w-]{10,}",
  "A(?:KIA|SIA)[0-9A-Z]{16}",
  "ya29\\.[\\w-]{16,}",
  "eyJ[\\w-]{8,}\\.[\\w-]{8,}(?:\\.[\\w-]*)?",
].join("|");

interface Rule {
  readonly pattern: RegExp;
  readonly replacement: string;
}

/**
 * Every repetition is bounded by a character class that the next part cannot match, so time grows linearly. A value ends
 * before a quote or a backslash, which keeps JSON around it valid.
 */
const RULES: readonly Rule[] = [
  // "authorization": "…" inside JSON, as such and as a string within a string (\"authorization\":\"…\").
  {
    pattern: new RegExp(`("(?:${HEADERS}|${FIELDS})"\\s*:\\s*")(?:[^"\\\\]|\\\\.)+`, "gi"),
    replacement: `$1${REDACTED}`,
  },
  {
    pattern: new RegExp(`(\\\\+["'](?:${HEADERS}|${FIELDS})\\\\+["']\\s*:\\s*\\\\+["'])[^"'\\\\]+`, "gi"),
    replacement: `$1${REDACTED}`,
  },
  // 'authorization': '…' and authorization: "…", as JavaScript and YAML print them.
  {
    pattern: new RegExp(`((?<![\\w-])'?(?:${HEADERS}|${FIELDS})'?\\s*[:=]\\s*['"])[^'"\\\\\\r\\n]+`, "gi"),
    replacement: `$1${REDACTED}`,
  },
  // authorization: … to the end of the line, as in a raw header block.
  {
    pattern: new RegExp(`((?<![\\w-])(?:${HEADERS})\\s*[:=]\\s*)[^\\s"'\\\\][^"'\\\\\\r\\n]*`, "gi"),
    replacement: `$1${REDACTED}`,
  },
  { pattern: new RegExp(`((?<![\\w-])(?:${FIELDS})\\s*[:=]\\s*)[^\\s"'\\\\,;&]+`, "gi"), replacement: `$1${REDACTED}` },
  // NAME_API_KEY=… of an environment listing; the names end in a word that the rule before starts with.
  {
    pattern: /(\b[A-Z][A-Z0-9_]{0,60}_(?:KEY|TOKEN|SECRET|PASSWORD)\s*=\s*)[^\s"'\\,;&]+/g,
    replacement: `$1${REDACTED}`,
  },
  { pattern: /\b(bearer|basic)\s+[\w.~+/=-]{6,}/gi, replacement: `$1 ${REDACTED}` },
  { pattern: new RegExp(`([?&;](?:${QUERY_NAMES})=)[^&\\s"'#\\\\<>]+`, "gi"), replacement: `$1${REDACTED}` },
  // Credentials in a URL: scheme://user:password@host.
  { pattern: /(\b[a-z][a-z0-9+.-]{0,20}:\/\/)[^\s/?#"'\\<>@]{1,512}@/gi, replacement: `$1${REDACTED}@` },
  { pattern: new RegExp(`(?<![A-Za-z0-9])(?:${KEY_SHAPES})`, "g"), replacement: REDACTED },
];

/**
 * A part of whatever any rule above matches, so that text without one (nearly every line of a log) is read once and not ten
 * times. A new rule needs its part here.
 */
const SUSPECT = new RegExp(
  `auth|key|token|secret|passw|cookie|credential|pepper|bearer|basic|sig(?:nature)?=|code=|@|(?<![a-z0-9])(?:${KEY_SHAPES})`,
  "i",
);

/** Makes a redactor that knows the shapes of secrets, and those it is told. */
export function createRedactor(): Redactor {
  const forms = new Set<string>();
  let known: RegExp | null = null;
  return {
    addSecret(secret) {
      if (secret.length < MIN_SECRET_LENGTH) return;
      for (const form of formsOf(secret)) forms.add(form);
      const longestFirst = [...forms].sort((one, other) => other.length - one.length);
      known = new RegExp(longestFirst.map(escapePattern).join("|"), "g");
    },
    redact(text) {
      const withoutKnown = known === null ? text : text.replace(known, REDACTED);
      if (!SUSPECT.test(withoutKnown)) return withoutKnown;
      return RULES.reduce((rest, { pattern, replacement }) => rest.replace(pattern, replacement), withoutKnown);
    },
  };
}

/** A secret as it is, inside a JSON string, inside a string within one, and in a URL. */
function formsOf(secret: string): readonly string[] {
  const quoted = JSON.stringify(secret).slice(1, -1);
  const twiceQuoted = JSON.stringify(quoted).slice(1, -1);
  return [secret, quoted, twiceQuoted, ...percentForms(secret)];
}

function percentForms(secret: string): readonly string[] {
  try {
    return [encodeURIComponent(secret), encodeURI(secret)];
  } catch {
    // A lone surrogate has no form in a URL.
    return [];
  }
}

function escapePattern(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&");
}

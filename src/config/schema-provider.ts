import * as v from "valibot";
import { isSshUrl, parseSshUrl } from "../core/ssh-address.ts";
import type { NativeCompletions, Quirks as ProviderQuirks } from "../providers/provider.ts";
import { flag, NAME, text, texts } from "./schema-values.ts";

const HEADER = /^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}$/;
/** Headers that are ours to send: credentials (which belong in `key`) and those that frame the message. */
const OWN_HEADERS =
  /^(?:authorization|cookie|proxy-authorization|x-api-key|x-goog-api-key|host|connection|content-length|content-type|transfer-encoding|accept-encoding)$/i;

const SECRET_HINT = "must be env:NAME or file:NAME; the key itself is not written into the configuration";

function sshFault(value: string): string | null {
  const parsed = parseSshUrl(value);
  if (!parsed.ok) return parsed.error;
  if (parsed.value.target === null) return "names no port behind the box: ssh://user@box/127.0.0.1:11434";
  return /[?#]/.test(parsed.value.rest) ? "must not hold a query or fragment" : null;
}

/** Why a base URL cannot be used, or null. Never repeats the URL, which may hold a password. */
export function baseUrlFault(value: string): string | null {
  if (isSshUrl(value)) return sshFault(value);
  const url = URL.parse(value);
  if (url === null || !/^https?:$/.test(url.protocol))
    return "must be a URL that starts with http://, https:// or ssh://";
  if (url.username !== "" || url.password !== "") return "must not hold a user or password; a key belongs in `key`";
  if (url.search !== "" || url.hash !== "") return "must not hold a query or fragment";
  return null;
}

/** Where a secret lies: `env:NAME` or `file:NAME`. */
export const Secret = v.pipe(
  v.string(SECRET_HINT),
  v.regex(/^(?:env:[A-Za-z_][A-Za-z0-9_]*|file:[^\s].*)$/, SECRET_HINT),
);
const BaseUrl = v.pipe(
  v.string("must be a URL that starts with http://, https:// or ssh://"),
  v.rawCheck(({ dataset, addIssue }) => {
    const fault = dataset.typed ? baseUrlFault(dataset.value) : null;
    if (fault !== null) addIssue({ message: fault });
  }),
);
const Account = v.strictObject({
  id: v.optional(
    v.pipe(
      v.string(),
      v.regex(NAME, "must be a short name of letters, digits, dots and dashes"),
      v.description("Its name in the ledger and in `status`. Default: its number in the list."),
    ),
  ),
  key: v.pipe(Secret, v.description("Where its key is: `env:NAME` or `file:NAME`.")),
  group: v.optional(
    v.pipe(
      text("must be a name"),
      v.description("Accounts of one group share a quota and cool down together. Default: each on its own."),
    ),
  ),
});

const Quirks = v.strictObject({
  reasoningField: v.optional(v.picklist(["reasoning_content", "reasoning"], "must be reasoning_content or reasoning")),
  maxTokensField: v.optional(
    v.picklist(["max_tokens", "max_completion_tokens"], "must be max_tokens or max_completion_tokens"),
  ),
  streamUsageFlag: v.optional(v.boolean("must be true or false")),
  developerRole: v.optional(v.boolean("must be true or false")),
  toolIds: v.optional(v.picklist(["alphanumeric-9"], "must be alphanumeric-9")),
  jsonSchema: v.optional(v.boolean("must be true or false")),
  refusedFields: v.optional(v.array(text("must be the name of a request field"), "must be a list of request fields")),
} satisfies Readonly<Record<keyof ProviderQuirks, v.GenericSchema>>);

const PATH_HINT = "must be a path such as /completions";

const Completions = v.strictObject({
  path: v.optional(v.pipe(v.string(PATH_HINT), v.regex(/^\/[A-Za-z0-9/_.~-]*$/, PATH_HINT))),
  models: texts("must be a model's name, or a pattern such as *-coder", "The models that it serves. Default: all."),
  infill: v.pipe(
    v.picklist(["suffix", "fim", "template"], "must be suffix, fim or template"),
    v.description(
      "How the middle is filled in: by the field `suffix`; by `suffix` at a call that answers as chat does; or by the model family's own tokens, for servers that pass the prompt on as it is.",
    ),
  ),
} satisfies Readonly<Record<keyof NativeCompletions, v.GenericSchema>>);

const Headers = v.record(
  v.pipe(
    v.string(),
    v.regex(HEADER, "is no valid header name"),
    v.check((name) => !OWN_HEADERS.test(name), "is a header that Lodestar sends itself; a key belongs in `key`"),
  ),
  v.pipe(v.string("must be text"), v.regex(/^[\x20-\x7e]*$/, "must be plain text on one line")),
  "must be a block of `name: value` lines",
);

const PROVIDER_ENTRIES = {
  extends: v.optional(
    v.pipe(
      text("must be the name of a built-in provider"),
      v.description("Start from this built-in provider, under a name of your own."),
    ),
  ),
  key: v.optional(
    v.pipe(
      Secret,
      v.description("Where the key is: `env:NAME`, or `file:NAME` beside this file or among systemd's credentials."),
    ),
  ),
  accounts: v.optional(
    v.pipe(
      v.array(Account, "must be a list of accounts, such as [{ key: env:FIRST }, { key: env:SECOND }]"),
      v.minLength(1, "must hold at least one account"),
      v.description("Several keys instead of one, tried in turn."),
    ),
  ),
  baseUrl: v.nullish(
    v.pipe(
      BaseUrl,
      v.description(
        "Where it stands, if not at its documented address; `ssh://user@box/127.0.0.1:11434` goes through a tunnel (docs/ssh.md).",
      ),
    ),
  ),
  dialect: v.optional(
    v.pipe(
      v.picklist(
        ["openai-chat", "openai-responses", "anthropic", "gemini", "ollama"],
        "must be openai-chat, openai-responses, anthropic, gemini or ollama",
      ),
      v.description("What it speaks. Default for a provider of your own: openai-chat."),
    ),
  ),
  auth: v.optional(
    v.pipe(
      v.picklist(["account", "client"], "must be account or client"),
      v.description(
        "`client` passes the caller's own credential on, to this provider's own host only (subscriptions).",
      ),
    ),
  ),
  models: texts(
    "must be a model's name",
    "The models it has, for bare names and listings. Default: any name is forwarded.",
  ),
  best: v.optional(v.pipe(text("must be a model's name"), v.description("Where `best` leads at this provider."))),
  cheap: v.optional(v.pipe(text("must be a model's name"), v.description("Where `cheap` leads at this provider."))),
  headers: v.optional(v.pipe(Headers, v.description("Headers sent with every call."))),
  priceId: v.optional(v.pipe(text("must be a provider's id in the price data"), v.description("Whose prices apply."))),
  local: flag("It runs on your own machine or network and costs nothing."),
  quirks: v.optional(v.pipe(Quirks, v.description("What is peculiar to its wire format."))),
  completions: v.optional(
    v.pipe(
      Completions,
      v.description("It has text completions of its own, at `path` below its base URL (default: `/completions`)."),
    ),
  ),
  off: flag("Leave this provider out, even where a key for it is found."),
};

/** One block under `providers`; an empty one stands for the built-in provider as it is. */
export const ProviderBlockSchema = v.nullish(
  v.strictObject(PROVIDER_ENTRIES, "must be a block of `name: value` lines"),
);

/** One block under `providers`. */
export type ProviderBlock = NonNullable<v.InferOutput<typeof ProviderBlockSchema>>;

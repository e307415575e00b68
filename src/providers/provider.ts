import type { DialectName } from "../core/request.ts";

/** How a provider wants its key. `none` sends no credential at all. */
export type AuthScheme =
  | { readonly kind: "bearer" }
  | { readonly kind: "header"; readonly header: string }
  | { readonly kind: "none" };

/** One endpoint of a provider: the dialect it speaks there and the base URL below which the dialect's paths stand. */
export interface ProviderEndpoint {
  readonly dialect: DialectName;
  /** Without a trailing slash. The first endpoint's is the documented base; moving that one moves the others, which stand below it. */
  readonly baseUrl: string;
  /** Where this endpoint wants the key otherwise than the provider says. */
  readonly auth?: AuthScheme;
}

/** What is peculiar to a provider's wire, declared rather than coded. Absent means: as the dialect says. */
export interface Quirks {
  /** Field of assistant messages and deltas that carries reasoning; absent: none is sent back. */
  readonly reasoningField?: "reasoning_content" | "reasoning";
  readonly maxTokensField?: "max_tokens" | "max_completion_tokens";
  /** Chat: whether `stream_options: {include_usage: true}` is understood. Default true. */
  readonly streamUsageFlag?: boolean;
  /** Chat: the role `developer` is understood; absent: it goes out as `system`. */
  readonly developerRole?: boolean;
  /** Chat: tool ids must be nine letters or digits. */
  readonly toolIds?: "alphanumeric-9";
  /** Chat: whether `response_format` takes a `json_schema`. Default true; else `json_object`, and the system prompt says the schema. */
  readonly jsonSchema?: boolean;
  /** Request fields this provider refuses: left out with a warning. */
  readonly refusedFields?: readonly string[];
}

/** Text completions as a provider has them natively, beside chat. */
export interface NativeCompletions {
  /** Below the base URL of the provider's chat endpoint. */
  readonly path: string;
  /** Patterns of the models it serves; absent: all. */
  readonly models?: readonly string[];
  /**
   * How the middle is filled in: by the field `suffix`; by `suffix` at a call that answers as chat does (Mistral); or by the
   * model family's own tokens in the prompt, since the server passes it on as it is.
   */
  readonly infill: "suffix" | "fim" | "template";
}

/** A built-in provider: one declaration, no code. */
export interface Provider {
  readonly id: string;
  /** As people write it. */
  readonly name: string;
  /** In order of preference; the endpoint whose dialect is the client's own wins, else the first. */
  readonly endpoints: readonly ProviderEndpoint[];
  readonly auth: AuthScheme;
  /** Environment variables that may hold the key, first match wins. */
  readonly keyEnv: readonly string[];
  /** Further environment variables that may hold its base URL, after `LODESTAR_<ID>_BASE_URL`. */
  readonly baseUrlEnv?: readonly string[];
  /**
   * Every customer has an address of their own there, so the one in `endpoints` only shows its form: it must be given.
   * `path` follows an address that is given without one.
   */
  readonly ownAddress?: { readonly path: string };
  /** Headers sent with every call, e.g. `anthropic-version`. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly quirks?: Quirks;
  /** Absent: legacy completions are asked as chat. */
  readonly completions?: NativeCompletions;
  /** Where `best` and `cheap` lead for this provider. */
  readonly models: { readonly strong?: string; readonly cheap?: string };
  /** Id of this provider in the price data; absent: its own id. */
  readonly priceId?: string;
  /** Counts the tokens of a Messages request for nothing (`/messages/count_tokens`). */
  readonly countsTokens?: boolean;
  /**
   * Paths on its host, asked one after the other, that tell for nothing whether it is up; absent: the list of models of its
   * first endpoint.
   */
  readonly probes?: readonly string[];
  /** Draws images and answers no chat, by AUTOMATIC1111's API: `/sdapi/v1` below its address, whatever dialect that names. */
  readonly draws?: "sdapi";
  /** Runs on the user's own machine or network: costs nothing, no proxy, private addresses allowed. */
  readonly isLocal?: boolean;
  /** Where a person gets a key. */
  readonly keyUrl?: string;
}

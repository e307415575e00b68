import { CACHE_SWITCHES, type CacheWish } from "../core/cache-policy.ts";
import { type ClientError, refusal } from "../core/fault.ts";
import { failure, type Result, success } from "../core/result.ts";
import { didYouMean } from "../core/suggest.ts";

const HEADER = "x-lodestar-cache";

function unknown(value: string): ClientError {
  const shown = JSON.stringify(value.slice(0, 40));
  const hint = didYouMean(value, CACHE_SWITCHES);
  const message = `${HEADER} is ${shown}; it must be one of ${CACHE_SWITCHES.join(", ")}.${hint}`;
  return refusal("invalid_parameter", message, { param: HEADER });
}

/** Directives of a request's `cache-control`, by name (RFC 9111 section 5.2.1). */
function directivesOf(value: string): ReadonlyMap<string, string> {
  const entries = value.split(",").map((one) => one.trim().toLowerCase().split("=", 2));
  return new Map(entries.map(([name = "", argument = ""]) => [name.trim(), argument.trim().replaceAll('"', "")]));
}

/** What `cache-control` says: a client that cannot send headers of ours may send this one. What is unknown counts as unsaid. */
function standardWish(value: string): CacheWish {
  const directives = directivesOf(value);
  const seconds = directives.get("max-age") ?? "";
  const maxAgeMs = /^\d{1,10}$/.test(seconds) ? Number(seconds) * 1_000 : null;
  if (directives.has("no-store")) return { switch: "off", maxAgeMs };
  if (directives.has("no-cache")) return { switch: "refresh", maxAgeMs };
  return { switch: directives.has("only-if-cached") ? "only" : null, maxAgeMs };
}

/**
 * What a request wants of the response cache: `x-lodestar-cache`, which comes before the switch in `cache-control`. A word
 * that is unknown there is refused: who says `of` means that nothing may be kept.
 */
export function cacheWishOf(headers: Headers): Result<CacheWish, ClientError> {
  const standard = standardWish(headers.get("cache-control") ?? "");
  const said = headers.get(HEADER)?.trim().toLowerCase();
  if (said === undefined || said === "") return success(standard);
  const known = CACHE_SWITCHES.find((name) => name === said);
  return known === undefined ? failure(unknown(said)) : success({ ...standard, switch: known });
}

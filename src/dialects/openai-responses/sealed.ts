import { isJsonObject, type JsonObject, type JsonValue, parseJson } from "../../core/json.ts";

const OWN_MARK = "openai-responses:";
const FOREIGN_MARK = "lodestar:";

/** What one provider minted for its own reasoning; see {@link import("../../core/request.ts").ReasoningPart}. */
export interface Minted {
  readonly signature?: string;
  readonly encrypted?: string;
}

/** Encrypted reasoning of this dialect, marked so that it is known again after a client of another dialect echoed it. */
export function sealOwn(encryptedContent: string): string {
  return `${OWN_MARK}${encryptedContent}`;
}

/** The `encrypted_content` that {@link sealOwn} marked; undefined for anything another provider minted. */
export function openOwn(encrypted: string | undefined): string | undefined {
  return encrypted?.startsWith(OWN_MARK) === true ? encrypted.slice(OWN_MARK.length) : undefined;
}

/**
 * What another dialect's provider minted, as an `encrypted_content` that a client of this dialect echoes: so signed thinking
 * survives the turns of a conversation. Undefined when there is nothing to keep.
 */
export function sealForeign({ signature, encrypted }: Minted): string | undefined {
  if (signature === undefined && encrypted === undefined) return undefined;
  return `${FOREIGN_MARK}${JSON.stringify({ signature, encrypted })}`;
}

function textsOf(minted: JsonObject): Minted {
  const { signature, encrypted } = minted;
  return {
    ...(typeof signature === "string" ? { signature } : {}),
    ...(typeof encrypted === "string" ? { encrypted } : {}),
  };
}

/** What {@link sealForeign} kept; undefined for an `encrypted_content` of this dialect's own providers. */
export function openForeign(encryptedContent: unknown): Minted | undefined {
  if (typeof encryptedContent !== "string" || !encryptedContent.startsWith(FOREIGN_MARK)) return undefined;
  const minted = parseJson(encryptedContent.slice(FOREIGN_MARK.length));
  return isJsonObject(minted) ? textsOf(minted) : undefined;
}

/** Ids of reasoning items that were made here end in their place in the answer; providers' own have no such end. */
const OUR_REASONING_ID = /^rs_.+_\d+$/;

/**
 * A reasoning item that was made here for another dialect's answer, marked as such: a provider of this dialect would look its
 * id up among its own and refuse it. Any other item as it is.
 */
export function markForeignReasoning(item: JsonValue): JsonValue {
  if (!isJsonObject(item) || item.type !== "reasoning" || typeof item.encrypted_content === "string") return item;
  const isOurs = typeof item.id === "string" && OUR_REASONING_ID.test(item.id);
  return isOurs ? { ...item, encrypted_content: `${FOREIGN_MARK}{}` } : item;
}

/** Whether a body may hold what {@link sealForeign} or {@link markForeignReasoning} marked: no provider takes that as it is. */
export function holdsForeign(bodyText: string): boolean {
  return bodyText.includes(`"${FOREIGN_MARK}`);
}

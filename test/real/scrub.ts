import { isJsonObject, type JsonObject, type JsonValue, parseJson } from "../../src/core/json.ts";

/** Common English words by their length: what takes the place of a word takes about as many tokens. */
const WORDS: readonly (readonly string[])[] = [
  "a b c d e g h m n o s t x y",
  "of to in it is be as at so we he by or on do if me my up an go no us am",
  "the and for are but not you all any can her was one our out day get has him how man new now old see two way who boy did its let put say she too use",
  "that with have this will your from they know want been good much some time very when come here just like long make many more only over such take than them well were",
  "about other which their there first would these click price state email world music after video where books links years order items group under games could great hotel store terms right local",
  "people search please number before should public office second within policy report system better little during family months health member center always course credit person result change action number author return",
  "contact service product support message through privacy company general january reviews program details because results address subject between library section without science several include example student current problem control chapter",
  "business services products software research computer security internet shopping national database standard required question building anything american delivery children language personal material purchase possible interest download",
  "including available copyright education community following resources different equipment important published copyright companies september questions industrial operation knowledge insurance marketing character something countries",
  "university management technology government department categories conditions experience activities additional california discussion collection conference washington electronics individual understand throughout particular historical",
  "information development description association environment engineering performance application requirements independent corporation traditional interesting established significant manufacture opportunity replacement publication",
  "organization professional construction introduction particularly applications distribution intelligence requirements manufacturer mathematical architecture relationship subscription transmission presentation",
].map((line) => line.split(" "));

/** What only names the parts of a request; every other text is what somebody wrote. */
const KEPT = "role type name id tool_call_id tool_use_id required enum $schema format pattern default ttl".split(" ");

function hashOf(text: string): number {
  return [...text].reduce((hash, letter) => (hash * 31 + letter.charCodeAt(0)) >>> 0, 7);
}

function otherWord(word: string): string {
  const longest = WORDS.at(-1)?.[0]?.length ?? 1;
  if (word.length > longest) return otherWord(word.slice(0, longest)) + otherWord(word.slice(longest));
  const choice = WORDS[word.length - 1] ?? [];
  const other = choice[hashOf(word.toLowerCase()) % choice.length] ?? word;
  if (word === word.toUpperCase()) return other.toUpperCase();
  return /^[A-Z]/.test(word) ? other.charAt(0).toUpperCase() + other.slice(1) : other;
}

/** With other words and numbers of the same lengths: its shape, its marks and about its tokens stay. */
function scrubText(text: string): string {
  const words = text.replace(/[A-Za-z]+/g, otherWord);
  return words.replace(/\d+/g, (digits) => String(hashOf(digits)).padEnd(digits.length, "7").slice(0, digits.length));
}

function scrubValue(value: JsonValue, key = ""): JsonValue {
  if (typeof value === "string") {
    if (KEPT.includes(key)) return value;
    const parsed = key === "arguments" ? parseJson(value) : undefined;
    return isJsonObject(parsed) ? JSON.stringify(scrubValue(parsed)) : scrubText(value);
  }
  if (Array.isArray(value)) return value.map((entry) => scrubValue(entry, key));
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, entry]) => [name, scrubValue(entry, name)]));
}

/** A request without a word of what was said in it. Names of tools and fields, its structure and its settings stay. */
export function scrubRequest(body: JsonObject): JsonObject {
  const said = ["messages", "system", "tools"];
  return Object.fromEntries(
    Object.entries(body).map(([name, value]) => [name, said.includes(name) ? scrubValue(value) : value]),
  );
}

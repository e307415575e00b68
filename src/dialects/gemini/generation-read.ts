import { isJsonObject, type JsonObject, type JsonValue, without } from "../../core/json.ts";
import type { ChatRequest, ResponseFormat } from "../../core/request.ts";
import { BadField } from "../parameter.ts";
import { extraOf, inCamelCase } from "./fields.ts";
import { toJsonSchema } from "./schema.ts";
import { readThinking } from "./thinking.ts";

const NUMBERS = {
  temperature: "temperature",
  topP: "topP",
  topK: "topK",
  seed: "seed",
  presencePenalty: "presencePenalty",
  frequencyPenalty: "frequencyPenalty",
  maxOutputTokens: "maxOutputTokens",
  candidateCount: "choiceCount",
} as const;

const FIELDS = [
  ...Object.keys(NUMBERS),
  "stopSequences",
  "responseMimeType",
  "responseSchema",
  "responseJsonSchema",
  "thinkingConfig",
  "responseModalities",
  "responseLogprobs",
  "mediaResolution",
  "speechConfig",
  "imageConfig",
];

/** What `generationConfig` says: members the model has names for, those it has not, and what is written back as it was. */
interface ReadGeneration {
  readonly known: Partial<ChatRequest>;
  readonly rest: JsonObject;
  readonly verbatim: JsonObject;
}

function readNumbers(config: JsonObject): Partial<ChatRequest> {
  const entries = Object.entries(NUMBERS).flatMap(([name, ours]) => {
    const value = config[name];
    if (value === undefined || value === null) return [];
    if (typeof value !== "number") throw new BadField(`generationConfig.${name}`, "must be a number");
    return [[ours, value] as const];
  });
  // Every name is one of a number in the request.
  return Object.fromEntries(entries) as Partial<ChatRequest>;
}

function readStop(value: JsonValue | undefined): Pick<ChatRequest, "stop"> {
  if (value === undefined || value === null) return {};
  if (Array.isArray(value) && value.every((item) => typeof item === "string")) return { stop: value };
  throw new BadField("generationConfig.stopSequences", "must be a list of strings");
}

interface ReadFormat {
  readonly format?: ResponseFormat;
  readonly fields: readonly string[];
}

/** JSON with or without a schema, in either notation; another media type (`text/x.enum`) stays with the unknown fields. */
function readFormat(config: JsonObject): ReadFormat {
  const { responseMimeType: mimeType, responseSchema, responseJsonSchema } = config;
  if (mimeType === "text/plain") return { format: { type: "text" }, fields: ["responseMimeType"] };
  if (mimeType !== "application/json") return { fields: [] };
  if (isJsonObject(responseJsonSchema)) {
    const kept = extraOf({}, { responseJsonSchema });
    return {
      format: { type: "json-schema", schema: responseJsonSchema, ...kept },
      fields: ["responseMimeType", "responseJsonSchema"],
    };
  }
  if (!isJsonObject(responseSchema)) return { format: { type: "json" }, fields: ["responseMimeType"] };
  return {
    format: { type: "json-schema", schema: toJsonSchema(responseSchema), ...extraOf({}, { responseSchema }) },
    fields: ["responseMimeType", "responseSchema"],
  };
}

/** Reads `generationConfig`. Throws {@link BadField} naming the first malformed member. */
export function readGeneration(given: JsonValue | undefined): ReadGeneration {
  if (given === undefined || given === null) return { known: {}, rest: {}, verbatim: {} };
  if (!isJsonObject(given)) throw new BadField("generationConfig", "must be an object");
  const config = inCamelCase(given, FIELDS);
  const { format, fields } = readFormat(config);
  const { thinkingConfig } = config;
  const reasoning = thinkingConfig === undefined ? undefined : readThinking(thinkingConfig);
  const isThinkingRead = reasoning !== undefined && thinkingConfig !== undefined;
  const read = [...Object.keys(NUMBERS), "stopSequences", ...fields, ...(isThinkingRead ? ["thinkingConfig"] : [])];
  return {
    known: {
      ...readNumbers(config),
      ...readStop(config.stopSequences),
      ...(format === undefined ? {} : { responseFormat: format }),
      ...(isThinkingRead ? { reasoning } : {}),
    },
    rest: without(config, read),
    verbatim: isThinkingRead ? { thinkingConfig } : {},
  };
}

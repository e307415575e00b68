import { type JsonObject, type JsonValue, objectsIn } from "../../core/json.ts";
import type { ReplyStamp } from "../dialect.ts";
import { only } from "./fields.ts";
import { additionalTools } from "./namespace.ts";

/** Members of a request that its response repeats, with what OpenAI answers where the request has none. */
const ECHOED: Readonly<Record<string, JsonValue>> = {
  instructions: null,
  max_output_tokens: null,
  max_tool_calls: null,
  parallel_tool_calls: true,
  previous_response_id: null,
  prompt_cache_key: null,
  reasoning: { effort: null, summary: null },
  safety_identifier: null,
  service_tier: "auto",
  store: true,
  temperature: null,
  text: { format: { type: "text" } },
  tool_choice: "auto",
  tools: [],
  top_logprobs: 0,
  top_p: null,
  truncation: "disabled",
  user: null,
  metadata: {},
};

/**
 * What a response repeats of its request: the members that were sent and are not null, and among the tools those that items of the
 * input brought. For `ReplyStamp.echo`.
 */
export function echoOf(body: JsonObject): JsonObject {
  const sent = only(body, Object.keys(ECHOED));
  const echo: JsonObject = Object.fromEntries(Object.entries(sent).filter(([, value]) => value !== null));
  const additional = additionalTools(body.input);
  return additional.length === 0 ? echo : { ...echo, tools: [...objectsIn(echo, "tools"), ...additional] };
}

/** The id that the client said it goes on from. It was looked up before the call, so an upstream cannot repeat it. */
export function previousIdOf({ echo }: ReplyStamp): string | undefined {
  const id = echo?.previous_response_id;
  return typeof id === "string" ? id : undefined;
}

/**
 * The id of a response: the upstream's own where it is one of this dialect, else made of our request's id. Ids of other
 * dialects need not be unique (some servers send the same one every time), and a response is kept and found by its id.
 */
export function responseId(upstreamId: string, { requestId }: ReplyStamp): string {
  return upstreamId.startsWith("resp_") ? upstreamId : `resp_${requestId}`;
}

/** What differs between the resources of one response. */
export interface ResourceState {
  readonly id: string;
  readonly createdAtSeconds: number;
  readonly status: "in_progress" | "completed" | "incomplete" | "failed";
  readonly output: readonly JsonObject[];
  readonly error?: JsonObject;
  readonly incompleteDetails?: JsonObject | null;
  readonly usage?: JsonObject;
}

/** The whole response resource, as `response.created`, the terminal events and a reply without a stream carry it. */
export function resourceOf(state: ResourceState, stamp: ReplyStamp): JsonObject {
  const isOver = state.status !== "in_progress";
  return {
    id: state.id,
    object: "response",
    created_at: state.createdAtSeconds,
    status: state.status,
    background: false,
    completed_at: isOver && state.status === "completed" ? Math.floor(stamp.nowMs / 1000) : null,
    error: state.error ?? null,
    incomplete_details: state.incompleteDetails ?? null,
    model: stamp.requestedModel,
    output: [...state.output],
    ...ECHOED,
    ...stamp.echo,
    usage: state.usage ?? null,
  };
}

const ID_PREFIX: Readonly<Record<string, string>> = {
  message: "msg",
  reasoning: "rs",
  function_call: "fc",
  custom_tool_call: "ctc",
};

/** The id of the item at `index`, made of the response's id: the same answer gives the same ids. */
export function itemId(type: string, responseIdText: string, index: number): string {
  return `${ID_PREFIX[type] ?? "item"}_${responseIdText.replace(/^resp_/, "")}_${index}`;
}

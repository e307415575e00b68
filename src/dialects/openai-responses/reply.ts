import type { Fault } from "../../core/fault.ts";
import { isJsonObject, type JsonObject, type JsonValue, objectsIn, optional, without } from "../../core/json.ts";
import type { Reply } from "../../core/reply.ts";
import type { Part } from "../../core/request.ts";
import { failure, type Result, success } from "../../core/result.ts";
import type { CostStamp } from "../../core/stamp.ts";
import type { Usage } from "../../core/usage.ts";
import type { ReplyStamp } from "../dialect.ts";
import { customNames } from "./custom.ts";
import { faultOfError } from "./fault.ts";
import { optionalExtra, textIn } from "./fields.ts";
import { decodeFinish, encodeFinish } from "./finish.ts";
import { decodeCall, decodeOutputMessage, decodeReasoning } from "./item-read.ts";
import { writeOutput } from "./item-write.ts";
import { calledTools } from "./namespace.ts";
import { itemId, previousIdOf, resourceOf, responseId } from "./resource.ts";
import { decodeUsage, encodeUsage, stampUsage } from "./usage.ts";

const READ_FIELDS = ["id", "model", "created_at", "output", "usage"];

/** Whether the client must answer this call: a server's own tools (xAI) use the same items, but nobody offered those. */
export function isClientCall(item: JsonObject, tools: JsonValue | undefined): boolean {
  if (item.type === "function_call") return true;
  if (item.type !== "custom_tool_call") return false;
  return !Array.isArray(tools) || customNames(tools).has(textIn(item, "name"));
}

function decodeOutputItem(item: JsonObject, tools: JsonValue | undefined): readonly Part[] {
  if (item.type === "reasoning") return [decodeReasoning(item)];
  if (item.type === "message" && item.role === "assistant") {
    const parts = decodeOutputMessage(item, "output");
    if (parts.ok) return parts.value;
  }
  const call = isClientCall(item, tools) ? decodeCall(item, "output") : undefined;
  return call?.ok === true ? [call.value] : [{ type: "opaque", dialect: "openai-responses", json: item }];
}

function garbage(message: string): { readonly ok: false; readonly error: Fault } {
  return failure({ kind: "garbage", message });
}

/** A whole response. One that failed is the fault it names; items that only this dialect knows are kept whole. */
export function decodeReply(body: JsonValue): Result<Reply, Fault> {
  if (!isJsonObject(body)) return garbage("The upstream's reply is not a JSON object.");
  if (isJsonObject(body.error)) return failure(faultOfError(body.error));
  if (!Array.isArray(body.output)) return garbage("The upstream's reply holds no output.");
  const parts = objectsIn(body, "output").flatMap((item) => decodeOutputItem(item, body.tools));
  const usage = decodeUsage(body);
  const context = {
    hasToolCall: parts.some(({ type }) => type === "tool-call"),
    hasRefusal: parts.some(({ type }) => type === "refusal"),
  };
  return success({
    id: textIn(body, "id"),
    model: textIn(body, "model"),
    ...(typeof body.created_at === "number" ? { createdAtSeconds: body.created_at } : {}),
    parts,
    finish: decodeFinish(body, context),
    ...(usage === undefined ? {} : { usage }),
    ...optionalExtra(without(body, READ_FIELDS)),
  });
}

/** Items of another provider's answer get the ids and the status that clients of this dialect look for. */
function withId(item: JsonObject, index: number, id: string): JsonObject {
  if (typeof item.id === "string") return item;
  const type = textIn(item, "type");
  return { id: itemId(type, id, index), ...item, ...(type === "reasoning" ? {} : { status: "completed" }) };
}

/** The reply as a client of this dialect reads it, under the model name it asked for and with the cost in its usage. */
export function encodeReply(reply: Reply, stamp: ReplyStamp, cost: CostStamp): JsonObject {
  const own = reply.extra?.dialect === "openai-responses" ? reply.extra.fields : undefined;
  const tools = calledTools(own === undefined ? stamp.echo?.tools : []);
  const items = writeOutput(reply.parts, { tools, isReply: true, warnings: [] }, "output");
  const usage = stampUsage(encodeUsage(reply.usage), cost);
  const createdAtSeconds = reply.createdAtSeconds ?? Math.floor(stamp.nowMs / 1000);
  if (own !== undefined) {
    const { id } = reply;
    return { ...own, id, created_at: createdAtSeconds, model: stamp.requestedModel, output: items, usage };
  }
  const id = responseId(reply.id, stamp);
  const { status, incomplete_details: incompleteDetails } = encodeFinish(
    reply.finish,
    reply.parts.some(({ type }) => type === "refusal"),
  );
  const output = items.map((item, index) => withId(item, index, id));
  return resourceOf({ id, createdAtSeconds, status, incompleteDetails, output, usage }, stamp);
}

/** A response of this dialect passed on to a client of this dialect: its own members, our model name and cost. */
export function stampReply(body: JsonObject, stamp: ReplyStamp, usage: Usage, cost: CostStamp): JsonObject {
  const raw = isJsonObject(body.usage) ? body.usage : encodeUsage(usage);
  const previous = optional("previous_response_id", previousIdOf(stamp));
  return { ...body, model: stamp.requestedModel, ...previous, usage: stampUsage(raw, cost) };
}

import { decodeWith } from "./codec.ts";
import type { Body } from "./matrix-bodies.ts";
import { BODY_CLIENTS } from "./matrix-body-clients.ts";
import { CLIENTS } from "./matrix-clients.ts";
import { COST, dialectOf, encodeAll, INBOUND, relayAll, type Spoken, STAMP } from "./matrix-codec.ts";
import type { Answer } from "./matrix-oracle.ts";
import type { Upstream } from "./matrix-upstreams.ts";

const CUT_ARGUMENTS =
  "the recording cuts the first call's arguments, which Anthropic's client parses as far as they go";
const CONTRADICTED = "the recording's deltas say another text than its items, which OpenAI's client goes by";
const UNKNOWN_EVENT = "an event type that this version of OpenAI's client does not know; its plain iteration takes it";
const CALLS_BESIDE_END =
  "the recording says end_turn beside calls that its code execution made; where a call is told, its stop reason goes with it";
const MADE_BY_CODE = "anthropic/anthropic-programmatic-tool-calling.1.json";

/** Cells that cannot hold, each with its reason. Keys are `file > inbound`. */
export const EXCEPTIONS: ReadonlyMap<string, string> = new Map([
  ["openai/responses/openai-apply-patch-tool.1.chunks.txt > openai-responses relayed", UNKNOWN_EVENT],
  ["openai/responses/openai-shell-container.1.chunks.txt > openai-responses relayed", CONTRADICTED],
  ["anthropic/spliced-message-start.chunks.txt > anthropic", CUT_ARGUMENTS],
  ["anthropic/spliced-message-start.chunks.txt > anthropic relayed", CUT_ARGUMENTS],
  ...["openai-chat", "openai-responses", "gemini", "ollama"].map(
    (inbound) => [`${MADE_BY_CODE} > ${inbound}`, CALLS_BESIDE_END] as const,
  ),
]);

function differences(expected: Answer, actual: Answer): readonly string[] {
  const names = ["text", "tools", "stop", "usage"] as const;
  return names.flatMap((name) => {
    if (name === "usage" && expected.usage === null) return [];
    const [wanted, got] = [JSON.stringify(expected[name]), JSON.stringify(actual[name])];
    return Bun.deepEquals(expected[name], actual[name])
      ? []
      : [`${name}: ${wanted.slice(0, 80)} became ${got.slice(0, 80)}`];
  });
}

/** What is wrong with one cell; empty when the official client accepts it and everything survived. */
async function check(
  read: (wire: string) => Promise<Answer>,
  wire: () => string,
  expected: Answer,
): Promise<readonly string[]> {
  try {
    const text = wire();
    const actual = await read(text);
    const isCosted = text.includes('"cost":0.000001');
    return [...differences(expected, actual), ...(isCosted ? [] : ["no cost on the wire"])];
  } catch (error) {
    return [`rejected: ${error instanceof Error ? error.message : String(error)}`.slice(0, 160)];
  }
}

/** One recorded answer in one client's dialect: translated, or relayed where both speak the same. */
export interface Cell {
  readonly name: string;
  readonly upstream: Spoken;
  readonly inbound: Spoken;
  readonly isRelayed: boolean;
  /** What the official client or the oracle says against it; empty where all is well. */
  readonly problems: readonly string[];
}

/** The cells of one recorded stream. `seed` decides where the bytes are split. */
export async function streamCells(upstream: Upstream, seed: number): Promise<readonly Cell[]> {
  const { recording, expected, events, dialect } = upstream;
  const parts = decodeWith(dialectOf[dialect], events);
  const translated = INBOUND.map(async (inbound): Promise<Cell> => {
    const wire = () => encodeAll(dialectOf[inbound], parts);
    const problems = await check((text) => CLIENTS[inbound](text, seed), wire, expected);
    return { name: `${recording.file} > ${inbound}`, upstream: dialect, inbound, isRelayed: false, problems };
  });
  const wire = () => relayAll(dialectOf[dialect], events);
  const problems = await check((text) => CLIENTS[dialect](text, seed), wire, expected);
  const name = `${recording.file} > ${dialect} relayed`;
  return [...(await Promise.all(translated)), { name, upstream: dialect, inbound: dialect, isRelayed: true, problems }];
}

/** The cells of one recorded whole answer. */
export async function bodyCells({ dialect, recording, json, expected }: Body): Promise<readonly Cell[]> {
  const decoded = dialectOf[dialect].decodeReply(json);
  if (!decoded.ok) throw new Error(`${recording.file}: ${decoded.error.message}`);
  const { value: reply } = decoded;
  const cells = INBOUND.map(async (inbound): Promise<Cell> => {
    const wire = () => JSON.stringify(dialectOf[inbound].encodeReply(reply, STAMP, COST));
    const problems = await check(BODY_CLIENTS[inbound], wire, expected);
    return { name: `${recording.file} > ${inbound}`, upstream: dialect, inbound, isRelayed: false, problems };
  });
  if (reply.usage === undefined) return Promise.all(cells);
  const { usage } = reply;
  const wire = () => JSON.stringify(dialectOf[dialect].stampReply(json, STAMP, usage, COST));
  const problems = await check(BODY_CLIENTS[dialect], wire, expected);
  const name = `${recording.file} > ${dialect} relayed`;
  return [...(await Promise.all(cells)), { name, upstream: dialect, inbound: dialect, isRelayed: true, problems }];
}

/** The cells that something is wrong with. */
export function failedCells(cells: readonly Cell[]): readonly Cell[] {
  return cells.filter(({ problems }) => problems.length > 0);
}

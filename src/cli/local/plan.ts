import { existsSync } from "node:fs";
import { basename, resolve } from "node:path";
import type { GpuView } from "../../core/gpu/gpu.ts";
import type { LocalProblem, ShapeView } from "../../core/local-view.ts";
import { type Placement, planMemory } from "../../core/memory-plan/memory-plan.ts";
import type { CacheType } from "../../core/memory-plan/size.ts";
import { failure, type Result, success } from "../../core/result.ts";
import { readModelFile } from "../../features/local-catalog/gguf-file.ts";
import { PLAN_CONTEXTS } from "../../features/local-catalog/rows.ts";
import { EXIT_CODES } from "../../terminal/exit-code.ts";
import { formatBytes, formatCount } from "../../terminal/format.ts";
import { type CliProblem, failureProblem, usageProblem } from "../../terminal/problem.ts";
import { type Column, showTable } from "../../terminal/table.ts";
import type { Terminal } from "../../terminal/terminal.ts";
import { type CliHost, defineCommand } from "../command.ts";
import { fetchView } from "../connection.ts";
import { type DaemonArgs, daemonFlags, jsonFlag } from "../shared-flags.ts";

const MIB = 1024 * 1024;

const COLUMNS: readonly Column<Placement>[] = [
  { title: "model", cell: ({ name }) => name, canShrink: true },
  { title: "context", cell: ({ contextTokens }) => formatCount(contextTokens), align: "right" },
  { title: "weights", cell: ({ use }) => formatBytes(use.weightBytes), align: "right" },
  { title: "cache", cell: ({ use }) => formatBytes(use.cacheBytes), align: "right" },
  { title: "computing", cell: ({ use }) => formatBytes(Math.round(use.graphBytes)), align: "right" },
  { title: "on the card", cell: ({ cardBytes }) => formatBytes(Math.round(cardBytes)), align: "right" },
  { title: "layers", cell: ({ layersOnCard, layersInAll }) => `${layersOnCard} of ${layersInAll}`, align: "right" },
  { title: "", cell: ({ fits }) => ({ whole: "fits", partly: "several times slower", not: "does not fit" })[fits] },
];

function asProblem({ code, message, fix }: LocalProblem): CliProblem {
  return failureProblem(code, message, fix ?? undefined);
}

/** A file by its path, else a model by its name. */
async function shapeOf(host: CliHost, args: DaemonArgs, model: string): Promise<Result<ShapeView, CliProblem>> {
  if (!model.endsWith(".gguf")) {
    const query = new URLSearchParams({ model });
    return fetchView<ShapeView>(host, args, "read", `/v1/local/shape?${query}`);
  }
  const path = resolve(model);
  if (!existsSync(path)) return failure(failureProblem("file_not_found", `${path} does not exist`));
  const read = await readModelFile(path, basename(model));
  return read.ok ? read : failure(asProblem(read.error));
}

/** The memory of the largest card that the driver tells of; null where there is none. */
async function readCard(host: CliHost, args: DaemonArgs): Promise<number | null> {
  const view = await fetchView<GpuView>(host, args, "read", "/v1/gpu");
  const sizes = view.ok ? view.value.gpus.map(({ totalBytes }) => totalBytes ?? 0) : [];
  const largest = Math.max(0, ...sizes);
  return largest > 0 ? largest : null;
}

async function shapesOf(
  host: CliHost,
  args: DaemonArgs,
  models: readonly string[],
): Promise<Result<readonly ShapeView[], CliProblem>> {
  const shapes: ShapeView[] = [];
  for (const model of new Set(models)) {
    const shape = await shapeOf(host, args, model);
    if (!shape.ok) return shape;
    shapes.push(shape.value);
  }
  return success(shapes);
}

function showPlan(terminal: Terminal, plan: ReturnType<typeof planMemory>, shapes: readonly ShapeView[]): void {
  showTable(terminal, plan.placements, COLUMNS, "nothing to plan");
  for (const { names, cardBytes, isPossible } of plan.pairs) {
    const verdict = isPossible ? "both stay loaded" : "one makes room for the other: each switch is a load";
    terminal.out(`${names.join(" + ")}: ${formatBytes(Math.round(cardBytes))}, ${verdict}`);
  }
  terminal.talk(
    `of ${formatBytes(plan.cardBytes)}, ${formatBytes(plan.reservedBytes)} a model are left for the driver, as Ollama does; a second model gets 80 % of what is free`,
  );
  for (const { name, facts } of shapes) {
    if (facts?.isLittleEndian === false) terminal.talk(`${name} is big-endian: no engine on this machine can run it`);
  }
  const guessed = shapes.filter(({ source }) => source === "catalogue").map(({ name }) => name);
  if (guessed.length > 0) terminal.talk(`not installed, so from the catalogue: ${guessed.join(", ")}`);
}

export const command = defineCommand({
  meta: {
    name: "plan",
    description: "What of these models fits a card, at which context, and which two at once",
    examples: [
      ["lodestar local plan qwen2.5-coder:3b --vram 4096", "from 4k to 128k of context"],
      ["lodestar local plan ./model.gguf --vram 4096 --context 16384", "a file, at one context"],
    ],
    notes: [
      "Of a .gguf file and of installed models only the header is read; other models are known from the catalogue. The card is taken as empty.",
    ],
  },
  args: {
    models: {
      type: "positional",
      required: true,
      isRepeatable: true,
      valueHint: "MODEL",
      description: "models by name, or .gguf files",
    },
    vram: {
      type: "string",
      value: "integer",
      valueHint: "MIB",
      description: "the card's memory (default: as its driver says)",
    },
    context: { type: "string", value: "integer", valueHint: "TOKENS", description: "only this context" },
    parallel: {
      type: "string",
      value: "integer",
      valueHint: "N",
      description: "sequences at once (OLLAMA_NUM_PARALLEL)",
    },
    cache: {
      type: "enum",
      options: ["f16", "q8_0", "q4_0"],
      default: "f16",
      description: "type of the cache (OLLAMA_KV_CACHE_TYPE)",
    },
    ...jsonFlag,
    ...daemonFlags,
  },
  async run({ args, terminal, ...rest }) {
    const { vram, context, parallel = 1, cache } = args;
    const tooSmall = Object.entries({ vram, context, parallel }).find(([, value]) => value !== undefined && value < 1);
    if (tooSmall !== undefined) return usageProblem("bad_value", `--${tooSmall[0]} must be at least 1`);
    const cardBytes = vram === undefined ? await readCard({ ...rest, terminal }, args) : vram * MIB;
    if (cardBytes === null) {
      const fix = "give it in MiB: lodestar local plan MODEL --vram 4096";
      return usageProblem("vram_unknown", "no card can be read here, so its memory is not known", fix);
    }
    const shapes = await shapesOf({ ...rest, terminal }, args, args.models);
    if (!shapes.ok) return shapes.error;
    const contexts = context === undefined ? contextsFor(shapes.value) : [context];
    const run = { parallel, cacheType: cache satisfies CacheType };
    const plan = planMemory(shapes.value, cardBytes, contexts, run);
    if (args.json) terminal.out(JSON.stringify({ ...plan, facts: shapes.value.map(factsOf) }));
    else showPlan(terminal, plan, shapes.value);
    return EXIT_CODES.ok;
  },
});

/** The rungs that at least one of the models was made for. */
function contextsFor(shapes: readonly ShapeView[]): readonly number[] {
  const longest = Math.max(...shapes.map(({ shape }) => shape.contextTokens ?? Number.POSITIVE_INFINITY));
  return PLAN_CONTEXTS.filter((tokens, index) => index === 0 || tokens <= longest);
}

function factsOf({ name, source, facts, shape }: ShapeView) {
  const { architecture, quantization, contextTokens } = shape;
  return { name, source, architecture, quantization, contextTokens, ...facts };
}

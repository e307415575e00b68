import { join } from "node:path";
import { DOMAINS, type Domain } from "../../src/core/routing/classifier.ts";
import { TASK_CLASSES, type TaskClass } from "../../src/core/routing/task-class.ts";

/** A prompt with what it asks for. */
export interface Example {
  readonly text: string;
  readonly taskClass: TaskClass;
  readonly domain: Domain;
  /** `own`, `grammar`, or the file that it comes from. */
  readonly source: string;
  /** Own prompts: the way of asking, by which they are split. */
  readonly style: string;
  readonly split: "train" | "validation" | "test";
}

/** A row of NDJSON of which nothing is known yet. */
type Row = Readonly<Record<string, unknown>>;

async function readRows(path: string): Promise<readonly Row[]> {
  const text = await Bun.file(path).text();
  return text
    .split("\n")
    .filter((line) => line.trim() !== "")
    .map((line): Row => JSON.parse(line));
}

function textOf(row: Row, field: string): string {
  const value = row[field];
  return typeof value === "string" ? value : "";
}

const WRITING =
  /\b(?:write|draft|compose|rewrite|rephrase|reword|word|proofread|poem|haiku|limerick|story|stories|chapter|letter|e-?mail|speech|toast|lyrics|song|slogan|essay|caption|blog|paragraph|headline|synonym|grammar|politely|friendlier|translate|names for|product description|puppet play|linkedin)\b/iu;
const MATHS =
  /\d\s*[-+*/^=×%]\s*\d|\d\s*percent|percent of|\b(?:probability|integral|integrate|derivative|equation|solve for|prove|proof|prime|triangle|radius|polynomial|matrix|modulo|fraction|compound interest|km\/h|dice|calculate|rechne|calcula|calcule|square root)\b/iu;

/** The field of a prompt that is neither from a file of one field nor about programs: by its words. */
function domainOf(text: string, taskClass: TaskClass): Domain {
  if (taskClass !== "general") return "coding";
  if (WRITING.test(text)) return "writing";
  return MATHS.test(text) ? "maths" : "other";
}

/** An example of a class, its field told by its words where none is given. */
export function exampleOf(text: string, taskClass: TaskClass, source: string, domain?: Domain): Example {
  return { text, taskClass, domain: domain ?? domainOf(text, taskClass), source, style: source, split: "train" };
}

function isSplit(text: string): text is Example["split"] {
  return text === "train" || text === "validation" || text === "test";
}

/** The project's own labelled prompts, `<class>.ndjson` each. */
export async function readOwnPrompts(folder: string): Promise<readonly Example[]> {
  const files = TASK_CLASSES.map(async (taskClass) => {
    const rows = await readRows(join(folder, `${taskClass}.ndjson`));
    return rows.map((row): Example => {
      const split = textOf(row, "split");
      if (!isSplit(split)) throw new Error(`${taskClass}.ndjson: ${textOf(row, "id")} has no split`);
      return { ...exampleOf(textOf(row, "prompt"), taskClass, "own"), style: textOf(row, "style"), split };
    });
  });
  return (await Promise.all(files)).flat();
}

function isClass(name: string): name is TaskClass {
  return (TASK_CLASSES as readonly string[]).includes(name);
}

async function readWeak(folder: string, name: string): Promise<readonly Example[]> {
  const rows = await readRows(join(folder, `task_class_${name}.jsonl`));
  return rows.flatMap((row) => {
    const label = textOf(row, "label");
    return isClass(label) ? [exampleOf(textOf(row, "prompt"), label, name)] : [];
  });
}

const CODE_TASKS: readonly string[] = ["mbpp", "human_eval"];
const MATHS_TASKS: readonly string[] = ["gsm8k", "math", "agentverse-mgsm"];
const MATHS_SUBJECTS =
  /^(?:abstract_algebra|college_mathematics|elementary_mathematics|high_school_mathematics|high_school_statistics)$/u;

/** Every `step`-th row, so that files of thousands of rows are sampled evenly. */
function sampled(rows: readonly Row[], step: number): readonly Row[] {
  return rows.filter((_, index) => index % step === 0);
}

async function readTasks(folder: string): Promise<readonly Example[]> {
  const rows = sampled(await readRows(join(folder, "llmrouter_tasks.jsonl")), 3);
  return rows.map((row) => {
    const task = textOf(row, "task");
    const isCode = CODE_TASKS.includes(task);
    const domain = isCode
      ? "coding"
      : MATHS_TASKS.includes(task)
        ? "maths"
        : task === "commongen"
          ? "writing"
          : "other";
    return exampleOf(
      textOf(row, "prompt"),
      isCode ? "code_generation" : "general",
      isCode ? "tasks-code" : "tasks",
      domain,
    );
  });
}

async function readKnowledge(folder: string): Promise<readonly Example[]> {
  const mmlu = sampled(await readRows(join(folder, "routellm_mmlu.jsonl")), 8).map((row) =>
    exampleOf(
      textOf(row, "prompt"),
      "general",
      "mmlu",
      MATHS_SUBJECTS.test(textOf(row, "subject")) ? "maths" : "other",
    ),
  );
  const clinc = sampled(await readRows(join(folder, "clinc150.jsonl")), 15).map((row) =>
    exampleOf(textOf(row, "prompt"), "general", "clinc150", "other"),
  );
  return [...mmlu, ...clinc];
}

/** The published sets beside the own prompts, sampled; see the model card. */
export async function readPublished(folder: string): Promise<readonly Example[]> {
  const weak = ["hand", "commits", "copilot", "general"].map((name) => readWeak(folder, name));
  return (await Promise.all([...weak, readTasks(folder), readKnowledge(folder)])).flat();
}

/** The place of an example's field among the fields. */
export function domainIndex({ domain }: Example): number {
  return DOMAINS.indexOf(domain);
}

/** The place of an example's class among the classes. */
export function classIndex({ taskClass }: Example): number {
  return TASK_CLASSES.indexOf(taskClass);
}

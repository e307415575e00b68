/** Openings by which an agent's system prompt tells which agent it is. */
const AGENTS: readonly (readonly [opening: string, agent: string])[] = [
  ["You are Claude Code", "claude-code"],
  ["You are an agent for Claude Code", "claude-code"],
  ["You are a Claude agent", "claude-agent-sdk"],
  ["running in the Codex CLI", "codex"],
  ["You are Codex", "codex"],
  ["You are Gemini CLI", "gemini-cli"],
  ["You are an interactive CLI agent specializing in software engineering", "gemini-cli"],
  ["You are Qwen Code", "qwen-code"],
  ["You are opencode", "opencode"],
  ["Act as an expert software developer", "aider"],
  ["Act as an expert architect engineer", "aider"],
  ["Act as an expert code analyst", "aider"],
  ["You are Cline", "cline"],
  ["You are Roo", "roo-code"],
];

/** What the system prompt of a call that serves the agent itself begins with: titles, topics, summaries, prefixes of commands. */
const HOUSEKEEPING_SYSTEMS: readonly string[] = [
  "nalyze if this message indicates a new conversation topic",
  "Generate a concise, sentence-case title",
  "You are a title generator",
  "ou are a helpful AI assistant tasked with summarizing conversations",
  "You are the component that summarizes",
  "Summarize this coding conversation in under 50 characters",
  "Your task is to process Bash commands that an AI coding agent wants to run",
  "generates concise, one-line Git commit messages",
  "*Briefly* summarize this partial conversation",
  "extract a 2-3 word title",
];

/** What the last user's turn of such a call begins with. */
const HOUSEKEEPING_TURNS: readonly string[] = [
  "Please write a 5-10 word title for the following conversation",
  "Generate a title for this conversation",
  "[SUGGESTION MODE:",
  "Your task is to create a detailed summary of ",
  "You are performing a CONTEXT CHECKPOINT COMPACTION",
  "CONTEXT CHECKPOINT COMPACTION",
  "Analyze *only* the content and structure of your immediately preceding response",
  "Summarize what was done in this conversation",
  "Summarize the task tool output above",
  "First, reason in your scratchpad. Then, generate the <state_snapshot>",
  "### Task:\nGenerate a concise, 3-5 word title",
  "### Task:\nGenerate 1-3 broad tags",
  "### Task:\nSuggest 3-5 relevant follow-up questions",
];

/** Words of an agent that may only plan now; all but the last begin with `Plan`. */
const PLAN_MARKS: readonly string[] = [
  "Plan mode is active",
  "Plan mode still active",
  "Plan mode ACTIVE",
  "Plan Mode - System Reminder",
  "Plan Mode (Conversational)",
];
const GEMINI_PLAN_MARK = "Active Approval Mode: ";
const ARCHITECT_MARK = "Act as an expert architect engineer";

/** How much of a system prompt is read for what kind of call it is: agents say it at once. */
const HEAD_CHARACTERS = 2_048;

/** The agent that wrote a system prompt, or null for one that is not known. */
export function agentOf(system: string): string | null {
  const head = system.slice(0, HEAD_CHARACTERS);
  return AGENTS.find(([opening]) => head.includes(opening))?.[1] ?? null;
}

/** Whether a call serves the agent and not the person: by its system prompt's beginning, or by how its last turn begins. */
export function isHousekeeping(system: string, turn: string): boolean {
  const head = system.slice(0, HEAD_CHARACTERS);
  const start = turn.trimStart();
  if (start === "Warmup" || start === "quota") return true;
  return (
    HOUSEKEEPING_TURNS.some((opening) => start.startsWith(opening)) ||
    HOUSEKEEPING_SYSTEMS.some((sentence) => head.includes(sentence))
  );
}

/** Whether a text, written by an agent, says that it is in its plan mode. One pass over the text. */
export function saysPlanMode(text: string): boolean {
  if (text.startsWith(ARCHITECT_MARK)) return true;
  for (let at = text.indexOf("Plan"); at !== -1; at = text.indexOf("Plan", at + 4)) {
    if (PLAN_MARKS.some((mark) => text.startsWith(mark, at))) return true;
    if (text.startsWith(GEMINI_PLAN_MARK, at - GEMINI_PLAN_MARK.length)) return true;
  }
  return false;
}

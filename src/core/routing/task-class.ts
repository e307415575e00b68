/** The seven kinds of task that the router tells apart, in the order in which weights and tables hold them. */
export const TASK_CLASSES = [
  "code_generation",
  "code_review",
  "bug_fix",
  "architecture",
  "documentation",
  "refactor",
  "general",
] as const;

/** One kind of task; a chain of that name in the configuration serves it. */
export type TaskClass = (typeof TASK_CLASSES)[number];

/** Whether a text names a task class, as it is written in headers, rules and labelled data. */
export function isTaskClass(text: string): text is TaskClass {
  return (TASK_CLASSES as readonly string[]).includes(text);
}

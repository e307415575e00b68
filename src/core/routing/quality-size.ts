const EXPERTS = /(?:^|[^a-z0-9.])(\d{1,3})x(\d{1,3}(?:\.\d{1,3})?)b(?![a-z0-9])/i;
const SIZE = /(?:^|[^a-z0-9.])e?(\d{1,4}(?:\.\d{1,3})?)([bm])(?![a-z0-9])/i;

/**
 * Billions of parameters as the name of a model tells them: `qwen2.5-coder:7b`, `Llama-3.1-70B-Instruct`, `mixtral:8x7b` (the
 * product, an upper bound), `qwen3:30b-a3b` (all, not the active ones), `smollm:360m`. Null where the name tells nothing.
 */
export function parametersOfName(name: string): number | null {
  const experts = EXPERTS.exec(name);
  if (experts !== null) return Number(experts[1]) * Number(experts[2]);
  const size = SIZE.exec(name);
  if (size === null) return null;
  const count = Number(size[1]);
  return size[2]?.toLowerCase() === "m" ? count / 1_000 : count;
}

/** Who makes models, and what models are called. */
const MAKERS =
  "openai|anthropic|google|deepmind|meta|mistral(?: ai)?|alibaba(?: cloud)?|qwen team|deepseek|microsoft|cohere|xai|nvidia|ibm|hugging ?face|moonshot(?: ai)?|zhipu(?: ai)?|baidu|amazon";
const NAMES =
  "chatgpt|gpt-?[345o][\\w.-]*|claude|gemini|gemma|llama|mistral|mixtral|codestral|qwen|tongyi qianwen|deepseek|phi-?\\d[\\w.-]*|command[- ]r|grok|nemotron|granite|smollm\\d*|kimi|ernie|nova";

const LEAKS: readonly RegExp[] = [
  new RegExp(
    `\\b(?:i am|i'm|i’m|this is|my name is|call me)\\s+(?:an? |the )?(?:ai (?:model|assistant) )?(?:called |named )?(?:${NAMES})\\b`,
    "i",
  ),
  new RegExp(`\\b(?:made|created|developed|trained|built|designed)\\s+by\\s+(?:the )?(?:${MAKERS})\\b`, "i"),
  new RegExp(`\\bas\\s+(?:an? )?(?:${NAMES})\\b`, "i"),
  new RegExp(`\\bas an? (?:ai|language)[\\w -]{0,30}\\b(?:by|from)\\s+(?:${MAKERS})\\b`, "i"),
];

/** Whether an answer tells who wrote it: then no vote about it is blind. `prompt` may name what the answer repeats. */
export function tellsItsAuthor(answer: string, prompt: string): boolean {
  return LEAKS.some((leak) => {
    const found = leak.exec(answer)?.[0];
    return found !== undefined && !prompt.toLowerCase().includes(found.toLowerCase());
  });
}

/** The family of a model's name: `qwen2.5-coder:7b` and `ollama/qwen3` are both `qwen`. */
export function familyOf(model: string): string {
  const name = model.slice(model.lastIndexOf("/") + 1).toLowerCase();
  return /^[a-z]+/.exec(name)?.[0] ?? name;
}

import type { Environment } from "../terminal/terminal.ts";

/** Variable in which `lodestar env` notes whom it pointed a shell's tools at. */
const ENV_MARK = "LODESTAR_ENV_URL";

/** A key may be anyone's: it is ours where the address beside it is. */
const ADDRESS_OF_KEY: Readonly<Record<string, string>> = {
  OPENAI_API_KEY: "OPENAI_BASE_URL",
  ANTHROPIC_AUTH_TOKEN: "ANTHROPIC_BASE_URL",
};

/** The variables that point tools at a daemon; `base` is its API URL without `/v1`. */
export function toolVariables(base: string, key: string): Readonly<Record<string, string>> {
  return {
    OPENAI_BASE_URL: `${base}/v1`,
    OPENAI_API_KEY: key,
    ANTHROPIC_BASE_URL: base,
    ANTHROPIC_AUTH_TOKEN: key,
    OLLAMA_HOST: base,
    [ENV_MARK]: base,
  };
}

/**
 * The environment without what `lodestar env` put there for other tools. A daemon started from such a shell would else
 * take itself for its Ollama, and its own client key for one of OpenAI's.
 */
export function withoutToolVariables(environment: Environment): Environment {
  const base = environment[ENV_MARK];
  if (base === undefined) return environment;
  const ours = toolVariables(base, "");
  const isOurs = (name: string): boolean => {
    const judged = ADDRESS_OF_KEY[name] ?? name;
    return Object.hasOwn(ours, judged) && ours[judged] === environment[judged];
  };
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !isOurs(name)));
}
